/** Where a command reads and writes. The process's own in real life, memory in tests. */
export interface Terminal {
  /** All of standard input as text. */
  readonly readStdin: () => string;
  /** Standard input as bytes, as they come; in place of `readStdin`, not beside it. */
  readonly stdinBytes: () => AsyncIterable<Uint8Array>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errorIsTerminal: boolean;
  /** Width of the terminal in columns; undefined in a pipe. */
  readonly columns: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The machine's host name. */
  readonly hostName: () => string;
  /** Suits the compiler and the heap of the process to a replay. */
  readonly suitReplay?: () => void;
}

/** What the process exits with. Source: the outside contract, section 3. */
export const EXIT = {
  holds: 0,
  doesNotHold: 1,
  inputWrong: 2,
  environmentRefused: 3,
  rolledBack: 4,
} as const;
