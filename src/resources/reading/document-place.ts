import type { SourceLocation } from '../../source/location.ts';

/**
 * Where a part of a file stands in it. When other parts grow or shrink, this one moves, and with it every place that was given for it: what was read
 * of it stays what it is.
 */
export class DocumentPlace {
  /** How many lines of the file stand before the part. */
  linesBefore: number;
  /** All places that were given, of which nobody else may make copies. */
  readonly #given: { -readonly [Key in keyof SourceLocation]: SourceLocation[Key] }[] = [];

  constructor(linesBefore: number) {
    this.linesBefore = linesBefore;
  }

  /** The place in the file of a place in the part. */
  put({ file, line, column }: SourceLocation): SourceLocation {
    const location = { file, line: line + this.linesBefore, column };
    this.#given.push(location);
    return location;
  }

  /** The part stands behind so many lines now. */
  moveTo(linesBefore: number): void {
    const by = linesBefore - this.linesBefore;
    if (by === 0) return;
    for (const location of this.#given) location.line += by;
    this.linesBefore = linesBefore;
  }
}
