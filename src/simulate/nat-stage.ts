import { type IpAddress, renderIpAddress } from '../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import { smallestLengthBytes } from '../packet/packet-defaults.ts';
import type { Hook } from '../ruleset/hook.ts';
import type { PacketPath } from './journey.ts';
import { type NatWish, wishOf } from './nat-target.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { ChainWalker } from './traverse.ts';

/** Which addresses a hook's nat stage translates. */
export type NatSide = 'source' | 'destination';

/**
 * `drop`: the chain's policy, or MASQUERADE without an address to take. `refused`: a redirect that would lead around the translation.
 * `elsewhere`: a masqueraded connection that leaves by another interface now. `moved`: the address is another one now.
 */
export type NatEnd = 'drop' | 'refused' | 'elsewhere' | 'moved' | 'kept';

/** How a packet came by its translation, in words, and whether it stands for others that were as likely. */
interface HowTranslated {
  readonly detail: string;
  readonly byChance: boolean;
}

const AS_BEFORE: HowTranslated = {
  detail: 'as the connection was translated before',
  byChance: false,
};

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
      const wish = this.#ask(hook, packet);
      if (wish?.kind === 'drop') return 'drop';
      const bound = this.#bind(side, packet, wish);
      if (typeof bound === 'string') {
        unknown.push(bound);
        return 'kept';
      }
      return this.#note(side, hook, packet, before, bound);
    }
    if (side === 'destination') tracker.applyDestination(packet);
    else if (hook === 'postrouting' && tracker.endsMasquerade(packet)) return 'elsewhere';
    else tracker.applySource(packet);
    return this.#note(side, hook, packet, before, AS_BEFORE);
  }

  /** Gives a new connection its translation; what cannot be known about it, in words, where something cannot. */
  #bind(
    side: NatSide,
    packet: PacketInFlight,
    wish: Exclude<NatWish, { kind: 'drop' }> | undefined,
  ): string | HowTranslated {
    if (wish?.kind === 'unknown') return wish.reason;
    const { tracker } = this.#path;
    const wanted = wish?.place;
    const outcome =
      side === 'source'
        ? tracker.bindSource(packet, wanted)
        : tracker.bindDestination(packet, wanted);
    if (outcome.kind === 'unpredictable') return outcome.reason;
    if (wanted === undefined) return { detail: 'another connection has the port', byChance: false };
    return wish?.byChance === true || outcome.byChance === true
      ? { detail: 'by the rule above; the kernel may choose another one', byChance: true }
      : { detail: 'by the rule above', byChance: false };
  }

  /** Where the hook's nat chain sends the connection; undefined: where it goes anyway. */
  #ask(hook: Hook, packet: PacketInFlight): NatWish | undefined {
    const { program, router, journal, choices } = this.#path;
    const chain = program.baseChain('nat', hook);
    if (chain < 0) return undefined;
    const end = this.#walker.walk(chain, packet);
    if (end === 'drop') return { kind: 'drop', reason: '' };
    if (end !== 'translate') return undefined;
    const rule = this.#walker.endedBy;
    const choose = (answers: number, why: string): number =>
      choices.take({ rule, why, answers, what: 'chooses' });
    const wish = wishOf(program.rules[rule]?.rule.target, packet, hook, { router, choose });
    if (wish.kind === 'drop') journal.event({ kind: 'note', detail: wish.reason });
    return wish;
  }

  #note(
    side: NatSide,
    hook: Hook,
    packet: PacketInFlight,
    before: Place,
    how: HowTranslated,
  ): NatEnd {
    const after = placeOf(side, packet);
    const isSame = after.address === before.address && after.key === before.key;
    if (isSame && !how.byChance) return 'kept';
    this.#path.journal.event({
      kind: 'nat',
      hook,
      side,
      before: renderPlace(before, packet),
      after: renderPlace(after, packet),
      ...how,
    });
    if (!isSame && isTooShortGre(packet)) {
      const detail = 'GRE with fewer than 8 bytes behind the IP header cannot be translated';
      this.#path.journal.event({ kind: 'note', detail });
      return 'drop';
    }
    return after.address === before.address ? 'kept' : 'moved';
  }
}

/** Source: nf_nat_proto.c, gre_manip_pkt (Linux 6.18), which wants room for a header of version 1. */
function isTooShortGre({ family, protocol, packet }: PacketInFlight): boolean {
  if (protocol !== IP_PROTOCOL.gre) return false;
  const length = packet.length ?? smallestLengthBytes(family, protocol);
  return length < (family === 4 ? 20 : 40) + 8;
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
