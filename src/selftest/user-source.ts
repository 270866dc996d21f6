import { parseAllDocuments } from 'yaml';
import type { DocumentText } from '../resources/read-resources.ts';
import { separateJson } from '../resources/reading/json-boundaries.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import type { JsonDocument } from './generate/json-document.ts';
import { PacketAimer } from './generate/packet-aimer.ts';
import type { Random } from './random.ts';
import type { CaseSource } from './selftest.ts';

export interface UserDocuments {
  /** What they mean. */
  readonly model: NodeModel;
  readonly texts: readonly DocumentText[];
  readonly environment: ReadonlyMap<string, string>;
}

/**
 * The user's own documents and host, the same for every number, with packets at the edges of their rules: each edge has its turn before the first
 * comes again.
 */
export function userSource(
  { model, texts, environment }: UserDocuments,
  random: Random,
): CaseSource {
  const documents = texts.flatMap(({ text }) => documentsOf(text));
  const aimer = new PacketAimer(model, random);
  return {
    caseOf: (index) => ({
      index,
      version: model.resources.version,
      node: model.choice.node,
      environment,
      documents,
    }),
    startsOf: () => ({
      next: () => {
        const packet = aimer.next();
        if (packet !== undefined) return packet;
        throw new UsageError('neither the host nor its rules have an address to send packets to');
      },
    }),
    edges: () => aimer.progress,
  };
}

/** Every document of a file by itself, those of lists too; scenarios are no part of what a host is. */
function documentsOf(text: string): readonly JsonDocument[] {
  return parseAllDocuments(separateJson(text)).flatMap((document) => flatten(document.toJS()));
}

function flatten(value: unknown): readonly JsonDocument[] {
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (typeof value !== 'object' || value === null) return [];
  const document = value as JsonDocument;
  if (Array.isArray(document.items) && String(document.kind).endsWith('List')) {
    return document.items.flatMap(flatten);
  }
  return document.kind === 'Scenario' ? [] : [document];
}
