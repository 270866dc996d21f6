import type { SourceLocation } from '../source/location.ts';
import type { Labels, Selector } from './selector/selector.ts';

/** Which of Calico's APIs a document is written in. */
export type CalicoApi = 'v1' | 'v3';

/** What every resource carries. */
export interface Metadata {
  readonly name: string;
  /** Undefined for cluster-scoped kinds; `default` where a namespaced document names none. */
  readonly namespace: string | undefined;
  readonly labels: Labels;
  /** Where the document starts. */
  readonly location: SourceLocation;
}

/** A selector as written, parsed. */
export interface WrittenSelector {
  readonly text: string;
  readonly selector: Selector;
  readonly location: SourceLocation;
}

/** A port of an endpoint that policy may name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: number;
  readonly port: number;
}
