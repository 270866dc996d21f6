import { parseCidr } from '../../src/address/cidr.ts';
import { type IpFamily, parseIpAddress } from '../../src/address/ip-address.ts';
import { parsePortRange } from '../../src/address/port-range.ts';
import { parseProtocol } from '../../src/address/protocol.ts';
import { BASE_CHAIN, type Hook, type TableName } from '../../src/ruleset/hook.ts';
import type { IpSet, IpSetMember } from '../../src/ruleset/ip-set.ts';
import type { ConntrackState } from '../../src/ruleset/match/conntrack-state.ts';
import type { Match } from '../../src/ruleset/match/match.ts';
import type { ChainOwner, RuleMeaning } from '../../src/ruleset/rule-meaning.ts';
import type { Chain, Rule, Ruleset } from '../../src/ruleset/ruleset.ts';
import type { Target } from '../../src/ruleset/target/target.ts';

/** What text cannot say of a rule: keyed by the rule's comment, or for owners by the chain's name. */
export interface RulesDetails {
  readonly meanings?: Readonly<Record<string, RuleMeaning>>;
  readonly owners?: Readonly<Record<string, ChainOwner>>;
}

/**
 * Rules from the text that iptables-save prints, for tests: the subset that the simulator knows, `create` and `add` lines
 * of ipset among it. A comment in double quotes must have no blanks.
 */
export function rules(text: string, family: IpFamily = 4, details: RulesDetails = {}): Ruleset {
  const tables: { name: TableName; chains: Map<string, Rule[]>; policies: Map<string, string> }[] =
    [];
  const sets = new Map<string, { type: IpSet['type']; members: IpSetMember[] }>();
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const words = line.split(/\s+/);
    const table = tables.at(-1);
    if (line === '' || line.startsWith('#') || line === 'COMMIT') continue;
    if (line.startsWith('*')) {
      tables.push({ name: line.slice(1) as TableName, chains: new Map(), policies: new Map() });
    } else if (line.startsWith(':')) {
      const name = (words[0] as string).slice(1);
      table?.chains.set(name, []);
      table?.policies.set(name, words[1] ?? '-');
    } else if (words[0] === '-A') {
      const chain = words[1] as string;
      const list = table?.chains.get(chain) ?? [];
      table?.chains.set(chain, list);
      list.push(parseRule(words.slice(2), family, details));
    } else if (words[0] === 'create') {
      sets.set(words[1] as string, { type: words[2] as IpSet['type'], members: [] });
    } else if (words[0] === 'add') {
      sets.get(words[1] as string)?.members.push(parseMember(words[2] as string));
    } else throw new Error(`no rule: ${line}`);
  }
  return {
    family,
    tables: tables.map(({ name, chains, policies }) => ({
      name,
      chains: [...chains].map(([chain, list]) => makeChain(chain, list, policies, details)),
    })),
    ipSets: [...sets].map(([name, set]) => ({ name, family, description: undefined, ...set })),
  };
}

function makeChain(
  name: string,
  list: readonly Rule[],
  policies: ReadonlyMap<string, string>,
  details: RulesDetails,
): Chain {
  const hook = (Object.keys(BASE_CHAIN) as Hook[]).find((one) => BASE_CHAIN[one] === name);
  if (hook === undefined) {
    return { kind: 'user', name, rules: list, owner: details.owners?.[name] };
  }
  const policy = policies.get(name) === 'DROP' ? 'drop' : 'accept';
  return { kind: 'base', name, hook, policy, rules: list };
}

function parseMember(text: string): IpSetMember {
  const [address, key] = text.split(',');
  if (key === undefined) return { kind: 'net', cidr: known(parseCidr(text)) };
  const [protocol, port] = key.split(':');
  return {
    kind: 'address-port',
    address: known(parseIpAddress(address as string)),
    protocol: known(parseProtocol(protocol as string)),
    port: Number(port),
  };
}

function parseRule(words: readonly string[], family: IpFamily, details: RulesDetails): Rule {
  const matches: Match[] = [];
  let target: Target | undefined;
  let comment: string | undefined;
  const left = [...words];
  const take = (): string => known(left.shift());
  while (left.length > 0) {
    let word = take();
    const negated = word === '!';
    if (negated) word = take();
    if (word === '-m') take();
    else if (word === '--comment') comment = take().replaceAll('"', '');
    else if (word === '-j' || word === '-g') target = parseTarget(word, take);
    else matches.push(parseMatch(word, negated, take, left));
  }
  const meaning = comment === undefined ? undefined : details.meanings?.[comment];
  const origin =
    meaning === undefined
      ? undefined
      : { file: 'policy.yaml', line: meaningLine(meaning), column: 1 };
  void family;
  return { matches, target, comment, origin, meaning, placement: 'insert' };
}

/** Where the tests' rules are said to stand: line 10 for a policy's first rule, and so on. */
function meaningLine(meaning: RuleMeaning): number {
  return 'ruleIndex' in meaning ? 10 + meaning.ruleIndex : 1;
}

function parseMatch(word: string, negated: boolean, take: () => string, left: string[]): Match {
  const side = /^(-s|--s.*|--src-type)$/.test(word) ? 'source' : 'destination';
  switch (word) {
    case '-p':
      return { kind: 'protocol', protocol: known(parseProtocol(take())), negated };
    case '-s':
    case '-d':
      return { kind: 'address', side, cidr: known(parseCidr(take())), negated };
    case '-i':
    case '-o': {
      const name = take();
      const prefix = name.endsWith('+');
      return {
        kind: 'interface',
        direction: word === '-i' ? 'in' : 'out',
        name: prefix ? name.slice(0, -1) : name,
        prefix,
        negated,
      };
    }
    case '--sport':
    case '--dport':
      return { kind: 'ports', side, range: known(parsePortRange(take())), negated };
    case '--sports':
    case '--dports': {
      const ranges = take()
        .split(',')
        .map((one) => known(parsePortRange(one)));
      return { kind: 'multiport', side, ranges, negated };
    }
    case '--ctstate':
      return { kind: 'conntrack-state', states: take().split(',') as ConntrackState[], negated };
    case '--mark': {
      const [value, mask] = take().split('/');
      return { kind: 'mark', value: Number(value), mask: Number(mask ?? 0xffffffff), negated };
    }
    case '--match-set': {
      const set = take();
      return { kind: 'set', set, directions: take().split(',') as ('src' | 'dst')[], negated };
    }
    case '--icmp-type':
    case '--icmpv6-type': {
      const [type, code] = take().split('/');
      return {
        kind: 'icmp',
        type: Number(type),
        code: code === undefined ? undefined : Number(code),
        negated,
      };
    }
    case '--src-type':
    case '--dst-type':
      take();
      return { kind: 'address-type', side, type: 'LOCAL', negated };
    case '--invert':
      return { kind: 'rpfilter', validMark: false, negated: true };
    case '--mode':
      take();
      take();
      return { kind: 'statistic', probability: Number(take()) };
    case '--rcheck':
    case '--set':
      take();
      return {
        kind: 'recent',
        mode: word === '--set' ? 'set' : 'rcheck',
        name: take(),
        seconds: undefined,
      };
    case '--limit':
      return { kind: 'limit', rate: take(), burst: undefined };
    default:
      throw new Error(`no match ${word} ${left.join(' ')}`);
  }
}

function parseTarget(word: string, take: () => string): Target {
  const name = take();
  if (word === '-g') return { kind: 'goto', chain: name };
  switch (name) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'MARK': {
      take();
      const [value, mask] = take().split('/');
      return { kind: 'mark', value: Number(value), mask: Number(mask ?? 0xffffffff) };
    }
    case 'CT':
      take();
      return { kind: 'notrack' };
    case 'REJECT':
      take();
      return { kind: 'reject', with: take() };
    case 'LOG':
      return { kind: 'log', prefix: '', level: 4 };
    case 'DNAT':
    case 'SNAT': {
      take();
      // A port stands behind an IPv4 address or behind brackets.
      const parts = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$|^(.+)$/.exec(take());
      const address = known(parseIpAddress(parts?.[1] ?? parts?.[2] ?? parts?.[4] ?? ''));
      const port = parts?.[3] === undefined ? undefined : Number(parts[3]);
      return { kind: name === 'DNAT' ? 'dnat' : 'snat', address, port };
    }
    case 'MASQUERADE':
      return { kind: 'masquerade', randomFully: false };
    case 'OPAQUE':
      return { kind: 'opaque', description: 'rules of the host' };
    default:
      return { kind: 'jump', chain: name };
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a test rule cannot be read');
  return value;
}
