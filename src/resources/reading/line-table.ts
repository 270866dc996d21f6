/** What turns a character offset into a line and column; `LineCounter` of the YAML parser is one too. */
export interface LineLookup {
  readonly lineStarts: readonly number[];
  /** Line and column from 1. */
  linePos(offset: number): { readonly line: number; readonly col: number };
}

/**
 * The line starts of one text, found when the first place is asked for.
 *
 * Remembers the last line: readers ask for places in ascending order, so that most answers need no search.
 */
export class LineTable implements LineLookup {
  private readonly text: string;
  private starts: number[] | undefined;
  private last = 0;

  constructor(text: string) {
    this.text = text;
  }

  get lineStarts(): readonly number[] {
    if (this.starts === undefined) {
      this.starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) {
        this.starts.push(at + 1);
      }
    }
    return this.starts;
  }

  linePos(offset: number): { readonly line: number; readonly col: number } {
    const starts = this.lineStarts;
    let line = this.last;
    if (offset < startOf(starts, line) || offset >= startOf(starts, line + 8)) {
      line = searchLine(starts, offset);
    }
    while (offset >= startOf(starts, line + 1)) line++;
    this.last = line;
    return { line: line + 1, col: offset - startOf(starts, line) + 1 };
  }
}

function startOf(starts: readonly number[], line: number): number {
  return starts[line] ?? Number.POSITIVE_INFINITY;
}

/** The last line that starts at or before the offset. */
function searchLine(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (startOf(starts, middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
