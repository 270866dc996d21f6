import { askNetfilter, openNetfilterSocket } from './netfilter-socket.ts';

/** Source: Linux, include/uapi/linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h: the connection table's part, and its "delete". */
const DELETE_CONNECTIONS = 0x102;
const NO_ATTRIBUTES = new Uint8Array(0);

/**
 * Empties the connection table of this process's namespace: what `conntrack -F` does, without starting a program for it, which takes longer
 * than a hundred packets.
 */
export class ConnectionFlush {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(1024);

  constructor() {
    this.#fd = openNetfilterSocket();
  }

  /** @throws Error when the kernel refuses. */
  run(): void {
    // Without a connection's headers all are meant.
    const request = { type: DELETE_CONNECTIONS, resource: 0, attributes: NO_ATTRIBUTES };
    const error = askNetfilter(this.#fd, request, this.#buffer);
    if (error !== 0) throw new Error(`the connection table cannot be emptied: error ${error}`);
  }
}
