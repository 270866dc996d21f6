import { expect, test } from 'vitest';
import { inspectMachine } from '../../src/machine/inspect-machine.ts';
import { attemptProgram } from '../../src/machine/run-program.ts';
import { MAX_FILE_LENGTH } from '../../src/resources/read-resources.ts';

const hasIp = attemptProgram('ip', ['-j', 'address', 'show']).kind === 'ran';

/** As ten thousand policies make them. */
function manyRules(): string {
  const rule = '-A many -p tcp -m comment --comment "a rule among very many" -j ACCEPT\n';
  const rules = rule.repeat(Math.ceil(MAX_FILE_LENGTH / rule.length) + 1);
  return `*filter\n:INPUT ACCEPT [0:0]\n:many - [0:0]\n-A INPUT -j many\n${rules}COMMIT\n`;
}

const saved = (text: string) => ({
  rules: { nft: { 4: text, 6: '' }, legacy: { 4: '', 6: '' } },
  sets: 'create hep4s:a hash:net\ncreate theirs hash:ip\n',
});

test.skipIf(!hasIp)(
  'a machine is looked at also where it has more rules than a file of documents may hold',
  {
    timeout: 60_000,
  },
  () => {
    const text = manyRules();
    const { host, missing } = inspectMachine({ name: 'here', firewall: saved(text) });
    expect(host.iptables?.text.length).toBe(text.length);
    expect(missing.filter(({ what }) => what.includes('rules'))).toEqual([]);
  },
);

test.skipIf(!hasIp)(
  'lines that are left out stay known as what the machine has, and the others keep their numbers',
  () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n:hep-x - [0:0]\n-A INPUT -j DROP\nCOMMIT\n';
    const blank = (given: string): string => given.replace(/^.*hep.*$/gm, '#');
    const { host, whole } = inspectMachine({
      name: 'here',
      firewall: saved(text),
      leaveOut: { rules: blank, sets: blank },
    });
    expect(host.iptables?.text.split('\n')[2]).toBe('#');
    expect(host.iptables?.text.split('\n')[3]).toBe('-A INPUT -j DROP');
    expect(host.ipsets?.text).toBe('#\ncreate theirs hash:ip\n');
    expect(whole().iptables?.text).toBe(text);
    expect(whole().ipsets?.text).toContain('create hep4s:a');
    expect(whole().interfaces).toEqual(host.interfaces);
  },
);
