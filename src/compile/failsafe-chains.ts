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
  const returns = table.name === 'raw' ? opposite : [];
  table.addUser(name, [
    ...failsafeRules(own, { portOf: 'destination', direction, context }),
    ...failsafeRules(returns, { portOf: 'source', direction, context }),
  ]);
  return name;
}

interface FailsafeOptions {
  /** Whose port it is: the failsafe itself, or the far end of its connections. */
  readonly portOf: Side;
  readonly direction: Direction;
  readonly context: CompileContext;
}

function failsafeRules(
  ports: readonly FailsafePort[],
  { portOf, direction, context }: FailsafeOptions,
): readonly Rule[] {
  const words = portOf === 'source' ? 'Failsafe return path' : 'Failsafe';
  const meaning = { kind: 'failsafe', direction } as const;
  return ports
    .filter(({ net }) => net === undefined || net.network.family === context.family)
    .map((port) => rule(failsafeMatches(port, portOf, direction), ACCEPT, { words, meaning }));
}

function failsafeMatches(
  { protocol, port, net }: FailsafePort,
  portOf: Side,
  direction: Direction,
): readonly Match[] {
  if (!hasPorts(protocol)) throw new Error(`failsafe port ${port} of protocol ${protocol}`);
  // The net is the peer's, which sends what comes in and receives what goes out.
  const peer =
    net === undefined ? [] : [inBlock(direction === 'ingress' ? 'source' : 'destination', net)];
  return [ofProtocol(protocol), ...peer, withPort(portOf, port)];
}
