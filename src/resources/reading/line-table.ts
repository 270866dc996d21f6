/** What turns a character offset into a line and column; `LineCounter` of the YAML parser is one too. */
export interface LineLookup {
  readonly lineStarts: ArrayLike<number>;
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
  private starts: Uint32Array | undefined;
  private last = 0;

  constructor(text: string) {
    this.text = text;
  }

  get lineStarts(): ArrayLike<number> {
    this.starts ??= lineStartsOf(this.text);
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

/** A text may have as many lines as characters: a list of numbers would take several times as much memory. */
function lineStartsOf(text: string): Uint32Array {
  let starts = new Uint32Array(1024);
  let count = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (count === starts.length) {
      const more = new Uint32Array(count * 2);
      more.set(starts);
      starts = more;
    }
    starts[count++] = at + 1;
  }
  return starts.subarray(0, count);
}

function startOf(starts: ArrayLike<number>, line: number): number {
  return starts[line] ?? Number.POSITIVE_INFINITY;
}

/** The last line that starts at or before the offset. */
function searchLine(starts: ArrayLike<number>, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (startOf(starts, middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
