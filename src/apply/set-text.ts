import type { OwnSet } from './own-state.ts';
import { EVERY_ADDRESS, SWITCH, temporarySet } from './ownership.ts';

// Text for `ipset restore`, in lines.

/** Creates a set and fills it. */
export function createSet(name: string, { header, members }: OwnSet): readonly string[] {
  return [`create ${name} ${header}`, ...[...members].map((member) => `add ${name} ${member}`)];
}

/** Gives a set new members at one instant, whether or not rules use it. */
export function replaceSet(name: string, wanted: OwnSet): readonly string[] {
  const temporary = temporarySet(name);
  return [...createSet(temporary, wanted), `swap ${temporary} ${name}`, `destroy ${temporary}`];
}

/** Makes the switch, which is off: the set that rules ask has no members, and the one that waits has every address. */
export function createSwitch(): readonly string[] {
  return [
    `create ${EVERY_ADDRESS[4]} hash:net family inet`,
    // ipset has no block of every address.
    `add ${EVERY_ADDRESS[4]} 0.0.0.0/1`,
    `add ${EVERY_ADDRESS[4]} 128.0.0.0/1`,
    `create ${EVERY_ADDRESS[6]} hash:net family inet6`,
    `add ${EVERY_ADDRESS[6]} ::/1`,
    `add ${EVERY_ADDRESS[6]} 8000::/1`,
    `create ${SWITCH.off} list:set size 8`,
    `create ${SWITCH.on} list:set size 8`,
    `add ${SWITCH.on} ${EVERY_ADDRESS[4]}`,
    `add ${SWITCH.on} ${EVERY_ADDRESS[6]}`,
  ];
}

/** The sets of the switch, in an order in which they can be destroyed. */
export const SWITCH_SETS: readonly string[] = [
  SWITCH.off,
  SWITCH.on,
  EVERY_ADDRESS[4],
  EVERY_ADDRESS[6],
];

/** Lines as a text. */
export function toText(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
