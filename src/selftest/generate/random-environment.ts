import type { CalicoVersion } from '../../resources/calico-version.ts';
import type { Random } from '../random.ts';

/** Felix settings, each with its values and how often of a hundred times it is set. */
const SETTINGS: readonly (readonly [name: string, values: readonly string[], percent: number])[] = [
  ['FELIX_DEFAULTENDPOINTTOHOSTACTION', ['ACCEPT', 'RETURN', 'DROP'], 40],
  ['FELIX_IPTABLESFILTERALLOWACTION', ['RETURN', 'ACCEPT'], 20],
  ['FELIX_IPTABLESMANGLEALLOWACTION', ['RETURN', 'ACCEPT'], 20],
  ['FELIX_FAILSAFEINBOUNDHOSTPORTS', ['none', 'tcp:80,udp:999', '22'], 30],
  ['FELIX_FAILSAFEOUTBOUNDHOSTPORTS', ['none', 'udp:53'], 30],
  ['FELIX_DISABLECONNTRACKINVALIDCHECK', ['true'], 15],
  ['FELIX_CHAININSERTMODE', ['append'], 20],
  ['FELIX_IPTABLESMARKMASK', ['0x000000f0', '0x88880000'], 15],
  ['FELIX_IPINIPENABLED', ['true', 'false'], 15],
  ['FELIX_INTERFACEPREFIX', ['cali', 'tap,cali'], 10],
];

/** What newer versions know as well. */
const NEWER_SETTINGS: typeof SETTINGS = [
  ['FELIX_IPTABLESFILTERDENYACTION', ['REJECT'], 30],
  ['FELIX_VXLANENABLED', ['true', 'false'], 15],
  ['FELIX_ALLOWVXLANPACKETSFROMWORKLOADS', ['true'], 10],
];

/** Variables that Felix would find in its environment. */
export function randomEnvironment(
  random: Random,
  version: CalicoVersion,
): ReadonlyMap<string, string> {
  const known = version === '3.32' ? [...SETTINGS, ...NEWER_SETTINGS] : SETTINGS;
  const found = new Map<string, string>();
  for (const [name, values, percent] of known) {
    if (random.chance(percent)) found.set(name, random.pick(values));
  }
  return found;
}
