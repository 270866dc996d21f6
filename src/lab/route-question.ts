import { putAddress } from '../packet/header-bytes.ts';
import type { Observation } from './kernel-lab.ts';
import { openSocket, receiveBytes, SOCKET, sendBytesTo } from './system-calls.ts';

/** Source: Linux, include/uapi/linux/netlink.h and rtnetlink.h. */
const NETLINK_ROUTE = 0;
const NLM_F_REQUEST = 1;
const MESSAGE_ERROR = 2;
const RTM_GETROUTE = 26;
const ATTRIBUTE = { destination: 1, source: 2, inInterface: 3, mark: 16 } as const;
const HEADER_BYTES = 16;
const ROUTE_BYTES = 12;
const ATTRIBUTE_BYTES = 8;

/** Errors of routes about which the sender is told: prohibited, no route to the network, no route to the host. */
const TOLD: ReadonlySet<number> = new Set([-13, -101, -113]);

/** Asks the kernel of this process's namespace about routes. */
export class RouteQuestion {
  readonly #fd = openSocket(SOCKET.AF_NETLINK, SOCKET.SOCK_RAW, NETLINK_ROUTE);
  readonly #answer = new Uint8Array(8192);

  /**
   * Whether an IPv4 packet with these headers and this mark, arriving on an interface, has an unroutable destination of which the kernel
   * tells the sender, within its limits.
   */
  isUnroutable({ final, mark }: Observation, inIndex: number): boolean {
    const words = [ATTRIBUTE.destination, ATTRIBUTE.source, ATTRIBUTE.inInterface, ATTRIBUTE.mark];
    const length = HEADER_BYTES + ROUTE_BYTES + words.length * ATTRIBUTE_BYTES;
    const request = new Uint8Array(length);
    const view = new DataView(request.buffer);
    view.setUint32(0, length, true);
    view.setUint16(4, RTM_GETROUTE, true);
    view.setUint16(6, NLM_F_REQUEST, true);
    request.set([SOCKET.AF_INET, 32, 32], HEADER_BYTES);
    for (const [index, type] of words.entries()) {
      const at = HEADER_BYTES + ROUTE_BYTES + index * ATTRIBUTE_BYTES;
      view.setUint16(at, ATTRIBUTE_BYTES, true);
      view.setUint16(at + 2, type, true);
      if (type === ATTRIBUTE.destination) putAddress(request, at + 4, final.destination);
      else if (type === ATTRIBUTE.source) putAddress(request, at + 4, final.source);
      else view.setUint32(at + 4, type === ATTRIBUTE.mark ? mark : inIndex, true);
    }
    const kernel = new Uint8Array(12);
    new Uint16Array(kernel.buffer)[0] = SOCKET.AF_NETLINK;
    if (sendBytesTo(this.#fd, request, kernel) < 0) throw new Error('the kernel takes no question');
    const received = receiveBytes(this.#fd, this.#answer);
    if (received < HEADER_BYTES + 4) throw new Error('the kernel does not say how it routes');
    const answer = new DataView(this.#answer.buffer);
    return (
      answer.getUint16(4, true) === MESSAGE_ERROR && TOLD.has(answer.getInt32(HEADER_BYTES, true))
    );
  }
}
