/** A capture of which nothing can be read: not there, not a capture, or of link types that say nothing of IP. */
export class CaptureError extends Error {
  /** The path as given, `-` for standard input. */
  readonly file: string;
  readonly hint: string | undefined;

  constructor(file: string, message: string, hint?: string) {
    super(message);
    this.name = 'CaptureError';
    this.file = file;
    this.hint = hint;
  }
}
