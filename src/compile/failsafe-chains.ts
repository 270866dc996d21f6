import { hasPorts } from '../address/protocol.ts';
import type { FailsafePort } from '../policy/felix-config.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Side } from '../ruleset/match/side.ts';
import type { Direction } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import { CHAIN } from './chain-names.ts';
import type { CompileContext } from './compile-context.ts';
import { ACCEPT, inBlock, ofProtocol, rule, withPort } from './rule-parts.ts';
import type { TableBuilder } from './table-builder.ts';

/**
 * The table's chain of failsafe ports for a direction, written when an endpoint first needs it.
 *
 * In raw it also lets replies of the other direction's failsafes by: they are not tracked yet there, and untracked policy would
 * take half of their connection off tracking. Source: `calico-semantics` 6.
 */
export function failsafeChain(
  direction: Direction,
  table: TableBuilder,
  context: CompileContext,
): string {
  const name = direction === 'ingress' ? CHAIN.failsafeIn : CHAIN.failsafeOut;
  if (table.has(name)) return name;
  const { failsafeInbound, failsafeOutbound } = context.config;
  const inbound = direction === 'ingress';
  const own = inbound ? failsafeInbound : failsafeOutbound;
  const opposite = inbound ? failsafeOutbound : failsafeInbound;
  const rules = own.flatMap((p) => failsafeRules(p, 'destination', true, direction, context));
  if (table.name === 'raw') {
    const bound = context.facts.failsafeReturnPathHasNet;
    rules.push(...opposite.flatMap((p) => failsafeRules(p, 'source', bound, direction, context)));
  }
  table.addUser(name, rules);
  return name;
}

function failsafeRules(
  { protocol, port, net }: FailsafePort,
  side: Side,
  boundToNet: boolean,
  direction: Direction,
  { family }: CompileContext,
): readonly Rule[] {
  const matches: Match[] = [ofProtocol(protocol)];
  if (net !== undefined && boundToNet) {
    if (net.network.family !== family) return [];
    // The net is the peer's, which sends what comes in and receives what goes out.
    matches.push(inBlock(direction === 'ingress' ? 'source' : 'destination', net));
  }
  if (!hasPorts(protocol)) throw new Error(`failsafe port ${port} of protocol ${protocol}`);
  matches.push(withPort(side, port));
  const words = side === 'source' ? 'Failsafe return path' : 'Failsafe';
  return [rule(matches, ACCEPT, { words, meaning: { kind: 'failsafe', direction } })];
}
