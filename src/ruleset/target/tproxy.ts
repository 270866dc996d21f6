import type { IpAddress } from '../../address/ip-address.ts';
import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { ADDRESS } from '../option/address-codecs.ts';
import { MASKED } from '../option/number-codecs.ts';
import { PORT } from '../option/port-codecs.ts';
import { isUnsigned, renderHex } from '../restore-text.ts';
import { renderStoredAddress } from '../stored-address.ts';

/**
 * `TPROXY`: gives the packet to a transparent socket of the host without changing it; mangle PREROUTING, tcp and udp. Without such a socket the packet is
 * dropped. `address` of zeros and `port` 0: those of the packet. `mark = (mark & ~mask) ^ value` before.
 */
export interface TproxyTarget {
  readonly kind: 'tproxy';
  readonly port: number;
  readonly address: IpAddress;
  readonly markValue: number;
  readonly markMask: number;
}

/** Reads, checks and writes `-j TPROXY --on-port 50080 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1`. */
export const tproxyTarget: Definition<TproxyTarget> & Extension<TproxyTarget> = {
  kind: 'tproxy',
  validate: ({ port, address, markValue, markMask }, { family, table, protocol }) => {
    if (table !== undefined && table !== 'mangle') return `TPROXY in table ${table}`;
    if (protocol !== 6 && protocol !== 17) return 'TPROXY needs the rule to match tcp or udp';
    if (address.family !== family) return 'an address of another family';
    const isMark = isUnsigned(markValue, 0xffffffff) && isUnsigned(markMask, 0xffffffff);
    return isUnsigned(port, 65535) && isMark ? undefined : 'a port or mark that is too large';
  },
  render: ({ port, address, markValue, markMask }) =>
    `-j TPROXY --on-port ${port} --on-ip ${renderStoredAddress(address)} --tproxy-mark ${renderHex(markValue)}/${renderHex(markMask)}`,
  name: 'TPROXY',
  options: [
    { flag: '--on-port', words: 1 },
    { flag: '--on-ip', words: 1 },
    { flag: '--tproxy-mark', words: 1 },
  ],
  parse: (given, context) => {
    const port = readValue(given, given.get('--on-port'), PORT, context);
    const [ip, mark] = [given.find('--on-ip'), given.find('--tproxy-mark')];
    const none = context.family === 4 ? '0.0.0.0' : '::';
    const address =
      ip === undefined
        ? ADDRESS.parse(none, context.family)
        : readValue(given, ip, ADDRESS, context);
    const { value, mask } =
      mark === undefined ? { value: 0, mask: 0 } : readValue(given, mark, MASKED, context);
    const target: TproxyTarget = {
      kind: 'tproxy',
      port,
      address: address as IpAddress,
      markValue: value,
      markMask: mask,
    };
    const problem = tproxyTarget.validate(target, context);
    if (problem !== undefined) throw given.refusal(problem);
    return [target];
  },
};
