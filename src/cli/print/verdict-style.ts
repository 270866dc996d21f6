import type { PacketVerdict } from '../../simulate/packet-result.ts';
import type { Style } from './style.ts';

/** How each verdict is coloured. */
export const VERDICT_STYLE: Readonly<Record<PacketVerdict, Style>> = {
  accept: 'green',
  drop: 'red',
  reject: 'red',
  undetermined: 'yellow',
};
