import type { SourceLocation } from '../source/location.ts';
import type { Metadata } from './metadata.ts';
import type { DocumentNode } from './reading/document-node.ts';

/** A JSON value as written, with the place of everything in it. */
export type WrittenValue =
  | {
      readonly kind: 'scalar';
      readonly value: string | number | boolean | null;
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'list';
      readonly items: readonly WrittenValue[];
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'map';
      readonly entries: ReadonlyMap<string, WrittenValue>;
      readonly location: SourceLocation;
    };

/** A packet or reply and what is expected of it. Exactly one of `packet` and `reply` is set. */
export interface ScenarioStep {
  /** A line or an object; `packet/packet-text` parses it. */
  readonly packet: WrittenValue | undefined;
  readonly reply: WrittenValue | undefined;
  /** A verdict word, or an object of result fields. Undefined: nothing is expected. */
  readonly expect: WrittenValue | undefined;
  readonly location: SourceLocation;
}

/** Captures that a case replays, and the counts that are expected of them. */
export interface ScenarioReplay {
  /** Paths relative to the scenario's file. */
  readonly captures: readonly { readonly value: string; readonly location: SourceLocation }[];
  /** An interface of the host, or `local`. */
  readonly in: string | undefined;
  readonly ignoreChecksums: boolean;
  readonly assumeEstablished: boolean;
  /** Only packets that have one of the values, or with `negated` none, in each of these fields are counted. */
  readonly filter: readonly {
    readonly field: string;
    readonly values: readonly string[];
    readonly negated: boolean;
    readonly location: SourceLocation;
  }[];
  /** Counts by name, such as `drop`. */
  readonly expect: readonly {
    readonly count: string;
    readonly wanted: number;
    readonly location: SourceLocation;
  }[];
  readonly location: SourceLocation;
}

/** One case of a scenario: packets in order, and what is expected of each; or captures. */
export interface ScenarioCase {
  readonly name: string;
  /** One for a plain case, several for a flow; none for a replay. */
  readonly steps: readonly ScenarioStep[];
  readonly replay: ScenarioReplay | undefined;
  readonly location: SourceLocation;
}

/** A statement about all packets of a set; read and validated here, proved elsewhere. */
export interface ScenarioInvariant {
  readonly name: string;
  readonly packets: WrittenValue;
  readonly expect: WrittenValue;
  readonly location: SourceLocation;
}

/** A `Scenario` document as written, checked for its form. */
export interface ScenarioDocument {
  readonly metadata: Metadata;
  readonly node: string | undefined;
  readonly calicoVersion: { readonly text: string; readonly location: SourceLocation } | undefined;
  /** FELIX_* variables that the scenario sets. */
  readonly environment: ReadonlyMap<string, string>;
  /** Paths relative to the scenario's file. Documents written inline are read along with the file's other documents. */
  readonly resourcePaths: readonly { readonly path: string; readonly location: SourceLocation }[];
  /** Documents written inside `resources`, for `readResources` to read. */
  readonly inlineResources: readonly DocumentNode[];
  readonly cases: readonly ScenarioCase[];
  readonly invariants: readonly ScenarioInvariant[];
}
