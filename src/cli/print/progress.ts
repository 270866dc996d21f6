import type { Terminal } from '../terminal.ts';

/** A command is silent for so long before it shows that it is still at work. */
const QUIET_MS = 1000;

/** Time between two updates of the line. */
const UPDATE_MS = 200;

/**
 * One line on standard error that says how far a long command has come; nothing where that is no terminal, and nothing for the
 * first second. The line is wiped when the work ends, so that results stand alone.
 */
export class Progress {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private shownMs: number;
  private width = 0;

  constructor(terminal: Terminal, nowMs: () => number = processMs) {
    this.terminal = terminal;
    this.nowMs = nowMs;
    this.startMs = nowMs();
    this.shownMs = this.startMs + QUIET_MS - UPDATE_MS;
  }

  /**
   * Says that `done` of `total` things of a kind (`cases`, `packets`) are done; cheap when called for each. Undefined: nobody knows how
   * many there are.
   */
  update(done: number, total: number | undefined, things: string): void {
    if (!this.terminal.errorIsTerminal) return;
    const now = this.nowMs();
    if (now - this.shownMs < UPDATE_MS) return;
    this.shownMs = now;
    const seconds = (now - this.startMs) / 1000;
    const left =
      done === 0 || total === undefined
        ? ''
        : `, ${Math.ceil((seconds / done) * (total - done))} s left`;
    const all = total === undefined ? '' : ` of ${total}`;
    const text = `${done}${all} ${things}, ${Math.round(done / seconds)}/s${left}`;
    this.terminal.writeError(`\r${text.padEnd(this.width)}`);
    this.width = text.length;
  }

  /** Wipes the line. */
  end(): void {
    if (this.width > 0) this.terminal.writeError(`\r${' '.repeat(this.width)}\r`);
    this.width = 0;
  }
}

/** A clock that needs no module of Node's to be loaded first. */
function processMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
