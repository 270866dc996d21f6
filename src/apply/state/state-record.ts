import type { Build } from '../kernel-tools.ts';

/** One apply: who wrote what, and when. */
export interface ApplyRecord {
  /** From 1; the name of the folder with its texts. */
  readonly id: number;
  /** Of the texts that went to the kernel. */
  readonly digest: string;
  /** Of the documents that they were made of. */
  readonly documentsDigest: string;
  readonly documents: readonly string[];
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly by: string;
  readonly node: string;
  readonly calicoVersion: string;
  readonly build: Build;
  /** What the guard found and `--force` overruled; empty when it found nothing. */
  readonly forced: readonly string[];
  readonly where: KernelIdentity;
}

/** Which kernel's rules are meant: those of another boot, or of another network namespace, are other rules. */
export interface KernelIdentity {
  readonly bootId: string;
  /** As /proc names it: `net:[4026531840]`. */
  readonly namespace: string;
}

/** An apply that is undone unless it is confirmed. */
export interface Pending {
  readonly id: number;
  /** Seconds since this boot, the time that the machine sleeps included. */
  readonly deadline: number;
  readonly withinSeconds: number;
}

/** So many applies are remembered, the one in force among them: `rollback` can go back to each of the others. */
export const RECORDS_KEPT = 11;

/** All that hepsim remembers between commands. */
export interface StateRecord {
  readonly format: 1;
  /** Oldest first; the last is the one in force. */
  readonly records: readonly ApplyRecord[];
  /** Whether there were records before these, which are not kept. */
  readonly isCut: boolean;
  readonly pending: Pending | undefined;
  /** What happened last that no command was there to say. */
  readonly event: string | undefined;
}

/** What is remembered before the first apply. */
export const NOTHING_APPLIED: StateRecord = {
  format: 1,
  records: [],
  isCut: false,
  pending: undefined,
  event: undefined,
};

/** @throws Error for text that hepsim has not written, or a later hepsim has. */
export function parseStateRecord(text: string): StateRecord {
  const value = JSON.parse(text) as Partial<StateRecord>;
  if (value.format !== 1 || !Array.isArray(value.records)) {
    throw new Error(`it has the format ${JSON.stringify(value.format)}, and this hepsim knows 1`);
  }
  return {
    format: 1,
    records: value.records,
    isCut: value.isCut === true,
    pending: value.pending,
    event: value.event,
  };
}
