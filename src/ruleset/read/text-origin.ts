import type { SourceLocation } from '../../source/location.ts';

/** Where a text begins: its first line's number in the file. */
export interface TextOrigin {
  readonly file: string;
  readonly line: number;
  /** How many columns stand before every line in the file, as in an indented YAML block; none by default. */
  readonly indent?: number | undefined;
  /** All of the text stands on that line, its own line ends written in some other way. */
  readonly isOnOneLine?: boolean | undefined;
}

/** The place of a column of a line of a text, which are counted from 1 and 0; and what a message says of the line where the place does not. */
export function placeIn(
  { file, line, indent = 0, isOnOneLine = false }: TextOrigin,
  number: number,
  column: number,
): { readonly location: SourceLocation; readonly where: string } {
  return isOnOneLine
    ? { location: { file, line, column: 1 }, where: ` (line ${number + 1} of the text)` }
    : { location: { file, line: line + number, column: column + indent }, where: '' };
}
