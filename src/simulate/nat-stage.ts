import { type IpAddress, renderIpAddress } from '../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import type { Hook } from '../ruleset/hook.ts';
import type { NatPlace } from './conntrack/connection-tracker.ts';
import type { PacketPath } from './journey.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { ChainWalker } from './traverse.ts';

/** Which addresses a hook's nat stage translates. */
export type NatSide = 'source' | 'destination';

/**
 * `drop`: the chain's policy, or MASQUERADE without an address to take. `refused`: a redirect that would lead around the translation.
 * `elsewhere`: a masqueraded connection that leaves by another interface now. `moved`: the address is another one now.
 */
export type NatEnd = 'drop' | 'refused' | 'elsewhere' | 'moved' | 'kept';

/** The nat stage of a hook: asks the chain for the first packet of a connection, and does as the connection says for the others. */
export class NatStage {
  readonly #path: PacketPath;
  readonly #walker: ChainWalker;

  constructor(path: PacketPath, walker: ChainWalker) {
    this.#path = path;
    this.#walker = walker;
  }

  /** Translates one side of the packet. What the kernel leaves to chance is added to `unknown`, in words. */
  run(side: NatSide, hook: Hook, packet: PacketInFlight, unknown: string[]): NatEnd {
    const { program, tracker } = this.#path;
    // Without the nat hooks nothing is bound, and connections without one are not translated.
    if (!program.hasNat || !program.tracksConnections || packet.connection === undefined) {
      return 'kept';
    }
    if (isUselessRedirect(packet)) return 'refused';
    const before = placeOf(side, packet);
    if (side === 'source' ? tracker.needsSourceNat(packet) : tracker.needsDestinationNat(packet)) {
      const wanted = this.#ask(hook, packet);
      if (wanted === 'drop') return 'drop';
      const reason = this.#bind(side, packet, wanted);
      if (reason !== undefined) {
        unknown.push(reason);
        return 'kept';
      }
      const detail = wanted === undefined ? 'another connection has the port' : 'by the rule above';
      return this.#note(side, hook, packet, before, detail);
    }
    if (side === 'destination') tracker.applyDestination(packet);
    else if (hook === 'postrouting' && tracker.endsMasquerade(packet)) return 'elsewhere';
    else tracker.applySource(packet);
    return this.#note(side, hook, packet, before, 'as the connection was translated before');
  }

  /** Gives a new connection its translation; what cannot be known about it, in words, where something cannot. */
  #bind(
    side: NatSide,
    packet: PacketInFlight,
    wanted: NatPlace | 'unknown' | undefined,
  ): string | undefined {
    const { tracker } = this.#path;
    if (wanted === 'unknown') {
      return `which link-local address of ${packet.outInterface} MASQUERADE takes is not known`;
    }
    const outcome =
      side === 'source'
        ? tracker.bindSource(packet, wanted)
        : tracker.bindDestination(packet, wanted);
    return outcome.kind === 'unpredictable' ? outcome.reason : undefined;
  }

  /** Where the hook's nat chain sends the connection; undefined: where it goes anyway. */
  #ask(hook: Hook, packet: PacketInFlight): NatPlace | 'drop' | 'unknown' | undefined {
    const { program, router, journal } = this.#path;
    const chain = program.baseChain('nat', hook);
    if (chain < 0) return undefined;
    const end = this.#walker.walk(chain, packet);
    if (end === 'drop') return 'drop';
    if (end !== 'translate') return undefined;
    const target = program.rules[this.#walker.endedBy]?.rule.target;
    if (target?.kind === 'dnat' || target?.kind === 'snat') {
      return { address: target.address, port: target.port };
    }
    const { outInterface, family, destination } = packet;
    const address = router.masqueradeAddress(outInterface, family, destination);
    if (address === 'unknown') return 'unknown';
    if (address !== undefined) return { address, port: undefined, masqueradedOn: outInterface };
    journal.event({
      kind: 'note',
      detail: `MASQUERADE drops: ${outInterface} has no address to take`,
    });
    return 'drop';
  }

  #note(side: NatSide, hook: Hook, packet: PacketInFlight, before: Place, detail: string): NatEnd {
    const after = placeOf(side, packet);
    if (after.address === before.address && after.key === before.key) return 'kept';
    this.#path.journal.event({
      kind: 'nat',
      hook,
      side,
      before: renderPlace(before, packet),
      after: renderPlace(after, packet),
      detail,
    });
    return after.address === before.address ? 'kept' : 'moved';
  }
}

const ICMP_REDIRECT = 5;

/**
 * Whether the packet would have the ends of a translated connection talk past the translation.
 *
 * Source: net/netfilter/nf_nat_proto.c, nf_nat_icmp_reply_translation (Linux 6.18).
 */
function isUselessRedirect({ packet, protocol, state, connection }: PacketInFlight): boolean {
  if (protocol !== IP_PROTOCOL.icmp || packet.icmpType !== ICMP_REDIRECT) return false;
  if (state !== 'related' || connection === undefined) return false;
  return connection.destinationNat || connection.sourceNat;
}

/** An address with the port or, for ICMP, the identifier. */
interface Place {
  readonly address: IpAddress;
  readonly key: number;
}

function placeOf(side: NatSide, packet: PacketInFlight): Place {
  const isSource = side === 'source';
  const port = isSource ? packet.sourcePort : packet.destinationPort;
  return {
    address: isSource ? packet.source : packet.destination,
    key: isIcmp(packet.protocol) ? packet.icmpId : port,
  };
}

function renderPlace({ address, key }: Place, { family, protocol }: PacketInFlight): string {
  const text = renderIpAddress(address);
  if (isIcmp(protocol)) return `${text} id ${key}`;
  if (!hasPorts(protocol)) return text;
  return family === 6 ? `[${text}]:${key}` : `${text}:${key}`;
}
