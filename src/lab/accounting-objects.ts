import type { Ruleset } from '../ruleset/ruleset.ts';
import { askNetfilter, openNetfilterSocket } from './netfilter-socket.ts';

/** Source: Linux, include/uapi/linux/netfilter/nfnetlink.h and nfnetlink_acct.h: the part for accounting, its "new", and the attribute of a name. */
const NEW_OBJECT = 0x700;
const NAME_ATTRIBUTE = 1;
const EXISTS = 17;

/** The objects that `-m nfacct` counts with: iptables takes no rule with one that there is not. */
export class AccountingObjects {
  readonly #present = new Set<string>();
  #fd: number | undefined;

  /** Makes those that the rules name. @throws Error when the kernel refuses one. */
  make(ruleset: Ruleset): void {
    for (const { chains } of ruleset.tables) {
      for (const { rules } of chains) {
        for (const { matches } of rules) {
          for (const match of matches) if (match.kind === 'nfacct') this.#makeOne(match.name);
        }
      }
    }
  }

  #makeOne(name: string): void {
    if (this.#present.has(name)) return;
    this.#fd ??= openNetfilterSocket();
    const bytes = new TextEncoder().encode(`${name}\0`);
    const attributes = new Uint8Array((4 + bytes.length + 3) & ~3);
    new DataView(attributes.buffer).setUint16(0, 4 + bytes.length, true);
    new DataView(attributes.buffer).setUint16(2, NAME_ATTRIBUTE, true);
    attributes.set(bytes, 4);
    const request = { type: NEW_OBJECT, resource: 0, attributes };
    const error = askNetfilter(this.#fd, request, new Uint8Array(1024));
    if (error !== 0 && error !== EXISTS) {
      throw new Error(`the accounting object ${name} cannot be made: error ${error}`);
    }
    this.#present.add(name);
  }
}
