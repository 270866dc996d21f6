import { renderIpAddress } from '../address/ip-address.ts';
import { type PortRange, renderPortRange } from '../address/port-range.ts';
import { BASE_CHAIN, type Hook } from '../ruleset/hook.ts';
import { renderRule } from '../ruleset/render-ruleset.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { DnatRangeTarget, SnatRangeTarget } from '../ruleset/target/nat-range.ts';
import { hex } from './explain-match.ts';
import { CALLS, EVENT, type JournalRecord, POLICY } from './journal.ts';
import type { Hop, TraceStep } from './packet-result.ts';
import type { ProgramRule } from './rule-program.ts';

/** The steps of a packet's way. `mark` is the one that it began with. */
export function stepsOf(record: JournalRecord, mark: number): readonly TraceStep[] {
  const { program, words, start, end, events } = record;
  const steps: TraceStep[] = [];
  let hook: Hook = 'prerouting';
  let present = mark;
  const matched = (id: number, depth: number): void => {
    const { rule, chain, number } = program.rules[id]!;
    present = markAfter(rule, present);
    steps.push({
      kind: 'rule',
      hook,
      table: chain.table,
      chain: chain.chain.name,
      ruleNumber: number,
      rule,
      effect: effectOf(rule, present),
      depth,
    });
  };
  for (let i = start; i < end; i += 2) {
    const first = words[i]!;
    const second = words[i + 1]!;
    if (first === EVENT) {
      const event = events[second]!;
      if (event.kind === 'hook') hook = event.hook;
      else if (event.kind === 'mark') present = event.mark;
      steps.push(event);
    } else if (first === POLICY) {
      const { table, chain } = program.chains[second]!;
      const verdict = chain.kind === 'base' && chain.policy === 'drop' ? 'drop' : 'accept';
      steps.push({ kind: 'chain-policy', hook, table, chain: BASE_CHAIN[hook], verdict });
    } else if (first === CALLS) {
      i += 2;
      program.quietCalls.rules(words[i]!, words[i + 1]!, second, matched);
    } else {
      matched(first, second);
    }
  }
  return steps;
}

/** The rules that matched. `mark` is the one that the packet began with. */
export function hopsOf(record: JournalRecord, mark: number, family: 4 | 6): readonly Hop[] {
  const hops: Hop[] = [];
  for (const step of stepsOf(record, mark)) {
    if (step.kind !== 'rule') continue;
    hops.push({
      hook: step.hook,
      table: step.table,
      chain: step.chain,
      rule: step.ruleNumber,
      text: ruleText(step.rule, family),
      effect: step.effect,
    });
  }
  return hops;
}

/** A rule, the chain it stands in and where it is written, for messages: `rule 3 of chain INPUT in table filter, host.yaml:31`. */
export function renderRulePlace({ chain, number, rule: { origin } }: ProgramRule): string {
  const place = `rule ${number} of chain ${chain.chain.name} in table ${chain.table}`;
  return origin === undefined ? place : `${place}, ${origin.file}:${origin.line}`;
}

// A ruleset's rules are printed again and again by traces of many packets.
const TEXTS = new WeakMap<Rule, string>();

/** The rule as iptables writes it. */
export function ruleText(rule: Rule, family: 4 | 6): string {
  let text = TEXTS.get(rule);
  if (text === undefined) {
    // Rules that are only known to exist have no text that could be loaded.
    text = rule.target?.kind === 'opaque' ? rule.target.description : renderRule(rule, family);
    TEXTS.set(rule, text);
  }
  return text;
}

function markAfter({ target }: Rule, mark: number): number {
  if (target?.kind !== 'mark') return mark;
  return ((mark & ~target.mask) ^ target.value) >>> 0;
}

/** What the rule did; for MARK, the mark that the packet has then. */
function effectOf({ target }: Rule, mark: number): string {
  if (target === undefined) return 'count';
  switch (target.kind) {
    case 'jump':
    case 'goto':
      return `${target.kind} ${target.chain}`;
    case 'mark':
      return `mark ${hex(mark)}`;
    case 'reject':
      return `reject with ${target.with}`;
    case 'dnat':
    case 'snat': {
      const port = target.port === undefined ? '' : ` port ${target.port}`;
      return `${target.kind} to ${renderIpAddress(target.address)}${port}`;
    }
    case 'redirect':
      return `redirect${portsText(target.ports)}`;
    case 'masquerade-range':
      return `masquerade${portsText(target.ports)}`;
    case 'netmap':
      return `netmap to ${renderIpAddress(target.to.network)}`;
    case 'dnat-range':
    case 'snat-range':
      return rangeText(target);
    case 'connmark':
      return `connmark ${target.operation}`;
    case 'set':
      return 'set changed';
    case 'opaque':
    case 'unknown-target':
      return 'unknown';
    default:
      return target.kind;
  }
}

function rangeText(target: DnatRangeTarget | SnatRangeTarget): string {
  const { addresses } = target;
  const to =
    addresses === undefined
      ? ''
      : ` to ${renderIpAddress(addresses.first)}-${renderIpAddress(addresses.last)}`;
  return `${target.kind === 'dnat-range' ? 'dnat' : 'snat'}${to}${portsText(target.ports)}`;
}

function portsText(ports: PortRange | undefined): string {
  return ports === undefined ? '' : ` port ${renderPortRange(ports)}`;
}
