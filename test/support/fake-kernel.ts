import { hostCidr, parseCidr } from '../../src/address/cidr.ts';
import { type IpAddress, type IpFamily, parseIpAddress } from '../../src/address/ip-address.ts';
import { parseProtocol } from '../../src/address/protocol.ts';
import type { KernelTools } from '../../src/apply/kernel-tools.ts';
import { EVERY_ADDRESS, SWITCH } from '../../src/apply/ownership.ts';
import type { IpSet, IpSetMember } from '../../src/ruleset/ip-set.ts';
import { parseIptablesSave } from '../../src/ruleset/read/read-iptables-save.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import { KernelError } from '../../src/source/errors.ts';

interface FakeTable {
  readonly policies: Map<string, string>;
  readonly chains: Map<string, string[]>;
}

interface FakeSet {
  readonly header: string;
  readonly members: Set<string>;
}

const BASES: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/**
 * Rules and sets in memory, which the tools change as the kernel's: a table at one instant when it is committed, a set with each line.
 * `changed` is called after each of these instants.
 */
export class FakeKernel {
  readonly #tables: Record<IpFamily, Map<string, FakeTable>> = { 4: new Map(), 6: new Map() };
  #sets = new Map<string, FakeSet>();
  changed: () => void = () => undefined;

  readonly tools: KernelTools = {
    build: 'nft',
    save: () => ({
      rules: { 4: this.save(4), 6: this.save(6) },
      sets: [...this.#sets]
        .flatMap(([name, { header, members }]) => [
          `create ${name} ${header}`,
          ...[...members].map((member) => `add ${name} ${member}`),
        ])
        .join('\n'),
    }),
    restoreRules: (family, text) => this.#restore(family, text),
    restoreSets: (text) => {
      for (const line of text.split('\n')) if (line !== '') this.#setCommand(line);
    },
    swapSets: (one, other) => this.#setCommand(`swap ${one} ${other}`),
    destroySets: (names) => {
      for (const name of names) if (this.#sets.has(name)) this.#setCommand(`destroy ${name}`);
    },
  };

  /** The rules of a family as iptables-save prints them. */
  save(family: IpFamily): string {
    return [...this.#tables[family]]
      .map(([name, { policies, chains }]) =>
        [
          `*${name}`,
          ...[...chains.keys()].map((chain) => `:${chain} ${policies.get(chain) ?? '-'} [0:0]`),
          ...[...chains].flatMap(([chain, rules]) =>
            rules.map((rule) => `-A ${chain} ${rule}`.trimEnd()),
          ),
          'COMMIT\n',
        ].join('\n'),
      )
      .join('');
  }

  /** What packets of a family meet. The switch, a set of sets, is given as the addresses that are in it. */
  ruleset(family: IpFamily): Ruleset {
    const { ruleset } = parseIptablesSave(this.save(family), family, { file: 'kernel', line: 1 });
    const ipSets: IpSet[] = [];
    for (const [name, { header }] of this.#sets) {
      const isSwitch = name === SWITCH.off;
      const [type, , of] = header.split(' ');
      if (type === 'list:set' && !isSwitch) continue;
      if (!isSwitch && (of === 'inet6') !== (family === 6)) continue;
      const members = this.#members(name, family).map(memberOf);
      const kind = type === 'hash:ip,port' ? 'hash:ip,port' : 'hash:net';
      ipSets.push({ name, type: kind, family, members, description: undefined });
    }
    return { ...ruleset, ipSets };
  }

  #members(name: string, family: IpFamily): readonly string[] {
    const members = [...(this.#sets.get(name)?.members ?? [])];
    if (name !== SWITCH.off) return members;
    return members
      .filter((member) => member === EVERY_ADDRESS[family])
      .flatMap((member) => this.#members(member, family));
  }

  #restore(family: IpFamily, text: string): void {
    let name = '';
    let table: FakeTable = { policies: new Map(), chains: new Map() };
    for (const line of text.split('\n')) {
      if (line === '') continue;
      if (line.startsWith('*')) {
        name = line.slice(1);
        table = this.#copy(family, name);
      } else if (line === 'COMMIT') {
        this.#checkReferences(table, line);
        this.#tables[family].set(name, table);
        this.changed();
      } else this.#tableCommand(table, line);
    }
  }

  #copy(family: IpFamily, name: string): FakeTable {
    const present = this.#tables[family].get(name);
    const chains = present?.chains ?? new Map((BASES[name] ?? []).map((base) => [base, []]));
    const policies =
      present?.policies ?? new Map((BASES[name] ?? []).map((base) => [base, 'ACCEPT']));
    return {
      policies: new Map(policies),
      chains: new Map([...chains].map(([chain, rules]) => [chain, [...rules]])),
    };
  }

  #tableCommand({ policies, chains }: FakeTable, line: string): void {
    const [, declared, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (declared !== undefined) {
      if (policy === '-') chains.set(declared, []);
      else policies.set(declared, policy as string);
      return;
    }
    const [, command, chain = '', rest = ''] = /^(-[ADIX]) (\S+) ?(.*)$/.exec(line) ?? [];
    const rules = chains.get(chain) ?? fail(line);
    if (command === '-A') rules.push(rest);
    else if (command === '-I') {
      const [, index, rule] = /^(\d+) ?(.*)$/.exec(rest) ?? fail(line);
      if (Number(index) > rules.length + 1) fail(line);
      rules.splice(Number(index) - 1, 0, rule as string);
    } else if (command === '-D') {
      const at = rules.indexOf(rest);
      if (at < 0) fail(line);
      rules.splice(at, 1);
    } else if (command === '-X') {
      if (rules.length > 0) fail(line);
      chains.delete(chain);
    } else fail(line);
  }

  #checkReferences({ chains }: FakeTable, line: string): void {
    for (const rule of [...chains.values()].flat()) {
      const target = /(?:^| )-[jg] (hep-\S+)$/.exec(rule)?.[1];
      if (target !== undefined && !chains.has(target)) fail(`${line}: ${rule}`);
      for (const [, set] of rule.matchAll(/--match-set (\S+)/g)) {
        if (!this.#sets.has(set as string)) fail(`${line}: ${rule}`);
      }
    }
  }

  #setCommand(line: string): void {
    const [command, name = '', ...rest] = line.split(' ');
    const set = this.#sets.get(name);
    const value = rest.join(' ');
    if (command === 'create' && set === undefined) {
      this.#sets.set(name, { header: value, members: new Set() });
    } else if (command === 'add' && set !== undefined && !set.members.has(value)) {
      set.members.add(value);
    } else if (command === 'swap' && set !== undefined) {
      const other = this.#sets.get(value) ?? fail(line);
      this.#sets.set(name, other);
      this.#sets.set(value, set);
    } else if (command === 'destroy' && set !== undefined) {
      const texts = ([4, 6] as const).map((family) => this.save(family)).join('');
      if (texts.includes(`--match-set ${name} `)) fail(`${line}: in use`);
      this.#sets.delete(name);
    } else fail(line);
    this.changed();
  }
}

function memberOf(text: string): IpSetMember {
  const [address = '', port] = text.split(',');
  if (port === undefined) {
    const cidr = parseCidr(address) ?? hostCidr(parseIpAddress(address) as IpAddress);
    return { kind: 'net', cidr };
  }
  const [protocol = '', number] = port.split(':');
  return {
    kind: 'address-port',
    address: parseIpAddress(address) as IpAddress,
    protocol: parseProtocol(protocol) as number,
    port: Number(number),
  };
}

function fail(line: string): never {
  throw new KernelError('rejected', `the kernel refuses: ${line}`, {
    command: [],
    status: 1,
    stderr: line,
  });
}
