import { renderIpAddress } from '../address/ip-address.ts';
import { hasPorts, renderProtocol } from '../address/protocol.ts';
import { renderTcpFlags } from '../packet/tcp-flags.ts';
import { type Match, renderMatch } from '../ruleset/match/match.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import { ruleContext } from '../ruleset/validate-rule.ts';
import { STATE_BIT, stateBits } from './connection-state-bits.ts';
import { lengthOf } from './header-matches.ts';
import { type MatchContext, matches, matchesIfKnown } from './match-evaluation.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** The first of the rule's criteria that the packet fails, with what the packet has: `` `-p tcp`: the packet is udp ``. */
export function firstFailure(rule: Rule, packet: PacketInFlight, context: MatchContext): string {
  const failed =
    rule.matches.find((match) => !matches(match, packet, context)) ??
    rule.matches.find((match) => matchesIfKnown(match, packet, context) === undefined);
  if (failed === undefined) throw new Error('a rule without a failing match was passed over');
  return `\`${criterion(failed, rule, packet.family)}\`: ${had(failed, packet)}`;
}

/** One match in the words of iptables, without the module that it is loaded from where an option says enough. */
function criterion(match: Match, rule: Rule, family: 4 | 6): string {
  const text = renderMatch(match, ruleContext(rule, family, undefined));
  const options = text.replace(/^-m \S+ /, '');
  return options === '' ? text : options;
}

/** What the packet has where the match looks. */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one case for each kind, none of which goes deep
function had(match: Match, packet: PacketInFlight): string {
  switch (match.kind) {
    case 'protocol':
      return `the packet is ${renderProtocol(packet.protocol)}`;
    case 'address':
      return `the packet has ${addressOf(match.side, packet)}`;
    case 'interface': {
      const name = match.direction === 'in' ? packet.inInterface : packet.outInterface;
      return name === ''
        ? `the packet has no ${match.direction === 'in' ? 'input' : 'output'} interface here`
        : `the packet has ${name}`;
    }
    case 'ports':
    case 'multiport':
      if (!hasPorts(packet.protocol)) return 'the packet has no ports';
      return `the packet has ${match.side === 'source' ? packet.sourcePort : packet.destinationPort}`;
    case 'conntrack-state':
      return `the packet is ${renderStates(stateBits(packet))}`;
    case 'mark':
      return `the packet has ${hex(packet.mark)}`;
    case 'set':
      return `the packet has ${setKey(match, packet)}`;
    case 'icmp':
      return packet.packet.icmpType === 0 && packet.protocol !== 1
        ? `the packet is ${renderProtocol(packet.protocol)}`
        : `the packet has ${packet.packet.icmpType}/${packet.packet.icmpCode}`;
    case 'address-type':
      return `${addressOf(match.side, packet)} is ${match.negated ? 'an' : 'no'} address of the host`;
    case 'rpfilter':
      return match.negated
        ? `the route back to ${addressOf('source', packet)} leaves by ${packet.inInterface}`
        : `the route back to ${addressOf('source', packet)} does not leave by ${packet.inInterface}`;
    case 'masked-address':
      return `the packet has ${addressOf(match.side, packet)}`;
    case 'iprange':
    case 'address-types':
      return `the packet is from ${addressOf('source', packet)} to ${addressOf('destination', packet)}`;
    case 'multiport-either':
      if (!hasPorts(packet.protocol)) return 'the packet has no ports';
      return `the packet has ${packet.sourcePort} and ${packet.destinationPort}`;
    case 'tcp-flags':
      return `the packet has ${renderTcpFlags(packet.packet.tcpFlags) || 'none'}`;
    case 'hop-limit':
      return `the packet has ${packet.ttl}`;
    case 'tos':
    case 'dscp':
      return `the packet has the TOS byte ${hex(packet.tos)}`;
    case 'length':
      return `the packet has ${lengthOf(packet)} bytes`;
    case 'fragment':
      return 'the packet is a whole one';
    case 'connmark':
      return packet.connection === undefined
        ? 'the packet has no connection'
        : `the connection has ${hex(packet.connection.mark)}`;
    case 'conntrack':
      return `the packet is ${renderStates(stateBits(packet))}`;
    case 'mac':
      return `the packet has ${packet.packet.mac ?? 'none'}`;
    case 'statistic':
    case 'statistic-nth':
      return 'followed here as if chance had not matched';
    case 'recent':
      return 'followed here as if the address had not been seen';
    case 'limit':
      return 'followed here as if the rate were exceeded';
    default:
      return 'it does not, or is followed here as if it did not';
  }
}

function addressOf(side: 'source' | 'destination', packet: PacketInFlight): string {
  return renderIpAddress(side === 'source' ? packet.source : packet.destination);
}

function setKey(match: Extract<Match, { kind: 'set' }>, packet: PacketInFlight): string {
  const [first, second] = match.directions;
  const address = addressOf(first === 'src' ? 'source' : 'destination', packet);
  if (second === undefined) return address;
  const port = second === 'src' ? packet.sourcePort : packet.destinationPort;
  return `${address},${renderProtocol(packet.protocol)}:${port}`;
}

function renderStates(bits: number): string {
  return Object.entries(STATE_BIT)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(',');
}

/** A mark as iptables writes it. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
