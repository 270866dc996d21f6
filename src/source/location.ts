/** A place in a document. Lines and columns count from 1; `file` is the path as the user gave it, `-` for standard input. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `file:line:column`, the form that editors and terminals turn into a link. */
export function renderLocation(location: SourceLocation): string {
  return `${location.file}:${location.line}:${location.column}`;
}
