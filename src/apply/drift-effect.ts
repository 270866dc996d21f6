import { renderCidr } from '../address/cidr.ts';
import { renderIpAddress } from '../address/ip-address.ts';
import { type PortRange, renderPortRange } from '../address/port-range.ts';
import { hasPorts, IP_PROTOCOL, isIcmp, renderProtocol } from '../address/protocol.ts';
import type { Host } from '../host/host.ts';
import { LOCAL } from '../packet/packet.ts';
import { type PacketFields, parsePacketFields, renderPacketLine } from '../packet/packet-text.ts';
import type { Match } from '../ruleset/match/match.ts';
import { renderRule } from '../ruleset/render-ruleset.ts';
import type { Rule, Ruleset } from '../ruleset/ruleset.ts';
import { PacketPathError } from '../simulate/packet-path-error.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { Simulator } from '../simulate/simulator.ts';
import type { Drift } from './find-drift.ts';

/** The rules of a family as they are and as they were applied, those of others among both. */
export interface BothRulesets {
  readonly actual: Ruleset;
  readonly meant: Ruleset;
}

const VERDICT_WORDS = {
  accept: 'accepted',
  drop: 'dropped',
  reject: 'rejected',
  undetermined: 'judged by what nobody can tell',
} as const;

/** Where packets come from and go to when a rule does not say: addresses that are for documentation. */
const ELSEWHERE = { 4: '203.0.113.77', 6: '2001:db8:ffff::77' } as const;

/** Rules that are tried of the chains that one calls. */
const MOST_REACHED = 50;

/** Says what differences of rules do to packets. The simulators are made once. */
export class DriftEffects {
  readonly #host: Host;
  readonly #family: 4 | 6;
  readonly #rulesets: BothRulesets;
  readonly #actual: Simulator;
  readonly #meant: Simulator;

  constructor(host: Host, family: 4 | 6, rulesets: BothRulesets) {
    this.#host = host;
    this.#family = family;
    this.#rulesets = rulesets;
    const over = (ruleset: Ruleset): Simulator =>
      new Simulator({ host, rulesets: [ruleset], notModelled: [] });
    this.#actual = over(rulesets.actual);
    this.#meant = over(rulesets.meant);
  }

  /** `tcp port 22 from 198.51.100.0/24 would now be dropped (...)`; undefined where no packet was found that it changes. */
  effectOf(drift: Drift): string | undefined {
    if (drift.kind !== 'rule-gone' && drift.kind !== 'rule-added') return undefined;
    const within = drift.kind === 'rule-gone' ? this.#rulesets.meant : this.#rulesets.actual;
    const rule = findRule(within, drift);
    if (rule === undefined) return undefined;
    for (const matches of reachedBy(rule, within, drift.table)) {
      for (const fields of this.#packetsFor(matches)) {
        const change = this.#changeOf(fields);
        if (change !== undefined) return `${describe(matches, fields)} would now be ${change}`;
      }
    }
    return undefined;
  }

  /** What becomes of the packet now and would have before; undefined where that is the same, or nobody can send it. */
  #changeOf(fields: PacketFields): string | undefined {
    const parsed = parsePacketFields(fields);
    if (parsed.kind !== 'packet') return undefined;
    const is = runFresh(this.#actual, parsed.packet);
    const was = runFresh(this.#meant, parsed.packet);
    if (is === undefined || was === undefined) return undefined;
    if (is.verdict === was.verdict && is.delivered === was.delivered) return undefined;
    const now =
      is.verdict === was.verdict
        ? `delivered to ${is.delivered ?? 'nobody'} instead of ${was.delivered ?? 'nobody'}`
        : `${VERDICT_WORDS[is.verdict]} instead of ${VERDICT_WORDS[was.verdict]}`;
    return `${now} (${renderPacketLine(is.packet)})`;
  }

  /** Packets that a rule may match, to and from the host, by each of its interfaces. */
  *#packetsFor(matches: readonly Match[]): Generator<PacketFields> {
    const protocol = positive(matches, 'protocol')?.protocol ?? IP_PROTOCOL.tcp;
    const shared = {
      proto: renderProtocol(protocol),
      ...(hasPorts(protocol)
        ? {
            sport: portOf(matches, 'source') ?? 40000,
            dport: portOf(matches, 'destination') ?? 40001,
          }
        : {}),
      ...icmpFields(matches, protocol),
    };
    const outside = ELSEWHERE[this.#family];
    const asked = {
      src: this.#addressOf(matches, 'source'),
      dst: this.#addressOf(matches, 'destination'),
    };
    for (const { name, addresses } of this.#host.interfaces) {
      const own = addresses.find(({ address }) => address.family === this.#family)?.address;
      if (own === undefined) continue;
      const here = renderIpAddress(own);
      yield { ...shared, in: name, src: asked.src ?? outside, dst: asked.dst ?? here };
      yield { ...shared, in: LOCAL, src: asked.src ?? here, dst: asked.dst ?? outside };
      yield { ...shared, in: name, src: asked.src ?? outside, dst: asked.dst ?? outside };
    }
  }

  /** An address that the rule asks for: of a block, or a member of a set. */
  #addressOf(matches: readonly Match[], side: 'source' | 'destination'): string | undefined {
    for (const match of matches) {
      if (match.kind === 'address' && match.side === side && !match.negated) {
        return renderIpAddress(match.cidr.network);
      }
      if (match.kind !== 'set' || match.negated) continue;
      if (match.directions[0] !== (side === 'source' ? 'src' : 'dst')) continue;
      const set = this.#rulesets.meant.ipSets.find(({ name }) => name === match.set);
      const [member] = set?.members ?? [];
      if (member?.kind === 'net') return renderIpAddress(member.cidr.network);
      if (member?.kind === 'address-port') return renderIpAddress(member.address);
    }
    return undefined;
  }
}

function findRule(
  ruleset: Ruleset,
  drift: Extract<Drift, { readonly text: string }>,
): Rule | undefined {
  const table = ruleset.tables.find(({ name }) => name === drift.table);
  const chain = table?.chains.find(({ name }) => name === drift.chain);
  return chain?.rules.find((rule) => renderRule(rule, ruleset.family) === drift.text);
}

/** What packets must have that the rule takes, and, where it calls a chain, those that rules of the chain take then; the first few. */
function reachedBy(rule: Rule, ruleset: Ruleset, table: string): readonly (readonly Match[])[] {
  const chains = ruleset.tables.find(({ name }) => name === table)?.chains ?? [];
  const reached: (readonly Match[])[] = [];
  const waiting: { readonly rule: Rule; readonly before: readonly Match[] }[] = [
    { rule, before: [] },
  ];
  while (reached.length < MOST_REACHED) {
    const next = waiting.shift();
    if (next === undefined) break;
    const matches = [...next.before, ...next.rule.matches];
    reached.push(matches);
    const { target } = next.rule;
    if (target?.kind !== 'jump' && target?.kind !== 'goto') continue;
    const called = chains.find(({ name }) => name === target.chain);
    for (const inner of called?.rules.slice(0, MOST_REACHED) ?? []) {
      waiting.push({ rule: inner, before: matches });
    }
  }
  return reached;
}

function runFresh(
  simulator: Simulator,
  packet: Parameters<Simulator['run']>[0],
): PacketResult | undefined {
  simulator.reset();
  try {
    return simulator.run(packet);
  } catch (error) {
    if (error instanceof PacketPathError) return undefined;
    throw error;
  }
}

function positive<Kind extends Match['kind']>(
  matches: readonly Match[],
  kind: Kind,
): Extract<Match, { readonly kind: Kind }> | undefined {
  return matches.find(
    (match): match is Extract<Match, { readonly kind: Kind }> =>
      match.kind === kind && !('negated' in match && match.negated === true),
  );
}

function portOf(matches: readonly Match[], side: 'source' | 'destination'): number | undefined {
  return rangesOf(matches, side)[0]?.first;
}

function rangesOf(matches: readonly Match[], side: 'source' | 'destination'): readonly PortRange[] {
  for (const match of matches) {
    if (match.kind !== 'multiport' || match.side !== side || match.negated) continue;
    return match.ranges;
  }
  return [];
}

function icmpFields(matches: readonly Match[], protocol: number): PacketFields {
  if (!isIcmp(protocol)) return {};
  const icmp = positive(matches, 'icmp');
  return icmp === undefined ? {} : { type: icmp.type, code: icmp.code ?? 0 };
}

/** What a rule asks of packets, in few words: `tcp port 22 from 198.51.100.0/24`. */
function describe(matches: readonly Match[], fields: PacketFields): string {
  const words = [positive(matches, 'protocol') === undefined ? 'traffic' : String(fields.proto)];
  const ports = rangesOf(matches, 'destination').map(renderPortRange);
  if (ports.length > 0) words.push(`port ${ports.join(', ')}`);
  for (const [side, word] of [
    ['source', 'from'],
    ['destination', 'to'],
  ] as const) {
    const block = matches.find(
      (match) => match.kind === 'address' && match.side === side && !match.negated,
    );
    if (block?.kind === 'address') words.push(word, renderCidr(block.cidr));
  }
  return words.join(' ');
}
