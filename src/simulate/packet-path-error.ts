/** A packet that cannot begin its way on this host, such as one that arrives on an interface that the host does not have. */
export class PacketPathError extends Error {
  /** What would be right, a sentence of its own. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'PacketPathError';
    this.hint = hint;
  }
}
