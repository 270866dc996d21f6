import type { IpFamily } from '../../src/address/ip-address.ts';
import { parseIpsetSave } from '../../src/ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../../src/ruleset/read/read-iptables-save.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';

/** Rules as a host's `iptables-save` prints them, read by the reader that hosts' texts are read with; blanks before lines do not count. */
export function foreignRules(text: string, family: IpFamily = 4, sets = ''): Ruleset {
  const { ruleset } = parseIptablesSave(unindented(text), family, { file: 'host.yaml', line: 1 });
  const all = parseIpsetSave(unindented(sets), { file: 'sets', line: 1 });
  const ipSets = all.filter((set) => set.family === undefined || set.family === family);
  return { ...ruleset, ipSets };
}

function unindented(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const whole = lines.filter((line) => line !== '');
  return whole.length === 0 ? '' : `${whole.join('\n')}\n`;
}
