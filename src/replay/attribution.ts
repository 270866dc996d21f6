import type { IpFamily } from '../address/ip-address.ts';
import { type CaptureInterface, type CaptureReader, DIRECTION } from '../capture/capture-reader.ts';
import { COOKED, type LinkLayer } from '../capture/link-layer.ts';
import type { PacketRecord } from '../capture/record-batch.ts';
import type { Host } from '../host/host.ts';
import { LOCAL } from '../packet/packet.ts';
import { SENT_BY_HOST, TOWARDS } from '../simulate/fast/plain-layout.ts';
import type { Router } from '../simulate/routing/router.ts';
import { AddressFacts } from './address-facts.ts';
import { HostMacs, MAC_OWNER } from './host-macs.ts';

/** What `find` says of a packet that no interface of the host is known for; `reason` tells why. */
export const NOT_ATTRIBUTED = -2;

/** What `find` says of a packet that the host would not have taken, or that it has taken already; `reason` tells which. */
export const IGNORED = -3;

/** What the quick ways of asking say where `find` must be asked. */
export const ASK = -4;

/** By what packets were attributed, for the summary. */
export const MEANS = ['--in', 'interface name', 'MAC address', 'addresses'] as const;

const BY = { given: 0, name: 1, mac: 2, addresses: 3 } as const;

/** No interface is known by name. */
const NOWHERE = -1;

export const REASONS = {
  noInterface: 'no interface known for this packet',
  noDestination: 'the host neither owns nor routes the destination',
  notOurs: 'not addressed to this host',
  leaving: 'leaving this host, which forwards it',
  leavingTranslated: 'leaving this host, which translated it',
} as const;

/**
 * Says where packets of captures meet the host: the interface that they arrive on, or that the host sends them.
 *
 * The interface is the one given, that of the capture by its name, that of the MAC address, or the one through which the host routes back to the
 * source. A packet is the host's own when its source is, whatever the interface.
 */
export class Attribution {
  /** Why a packet was not attributed, or is ignored. */
  reason = '';
  /** Packets by MEANS. */
  readonly byMeans: number[] = MEANS.map(() => 0);
  readonly facts: AddressFacts;
  readonly #macs: HostMacs;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #given: number;
  /** Whether every packet was said to be sent by the host. */
  readonly #allSent: boolean;
  /** By interface: 1 where packets of it have been seen. */
  readonly #captured: Uint8Array;
  /** By the place of the capture. */
  readonly #placesOf: CapturePlaces[] = [];
  #means: number = BY.addresses;

  /** `given`: an interface of the host, or `local`, for all packets. */
  constructor(host: Host, router: Router, given: string | undefined) {
    const names = host.interfaces.map(({ name }) => name);
    this.#numbers = new Map(names.map((name, index) => [name, index]));
    this.#captured = new Uint8Array(names.length);
    this.facts = new AddressFacts(host, router);
    this.#macs = new HostMacs(host);
    this.#allSent = given === LOCAL;
    this.#given =
      given === undefined || this.#allSent ? NOWHERE : (this.#numbers.get(given) ?? NOWHERE);
  }

  /**
   * The number of the interface that a packet arrives on, SENT_BY_HOST, NOT_ATTRIBUTED or IGNORED. Source and destination
   * address stand at `source` and `destination`. HOT
   */
  find(
    record: PacketRecord,
    link: LinkLayer,
    family: IpFamily,
    source: number,
    destination: number,
  ): number {
    if (link.cooked === COOKED.toOthers) return this.#ignore(REASONS.notOurs);
    if (this.#allSent) return this.#found(SENT_BY_HOST, BY.given);
    const place = this.#placeOf(record, link);
    const owner = this.#macs.areKnown
      ? this.#macs.judge(record.bytes, link, place)
      : MAC_OWNER.open;
    if (owner === MAC_OWNER.others) return this.#ignore(REASONS.notOurs);
    const direction = directionOf(record, link, owner);
    const towards = this.facts.towards(record.bytes, source, family);
    if (place >= 0) this.#captured[place] = 1;
    else if (owner >= 0) this.#captured[owner] = 1;
    if (direction === DIRECTION.outbound && towards !== TOWARDS.own) {
      const hasBeenSeen = towards < 0 || link.cooked >= 0 || this.#captured[towards] === 1;
      // Where nobody captured at the other side, the packet that leaves tells that it came.
      return hasBeenSeen ? this.#ignore(REASONS.leaving) : this.#found(towards, BY.addresses);
    }
    if (direction !== DIRECTION.inbound && towards === TOWARDS.own) {
      return this.#found(SENT_BY_HOST, BY.addresses);
    }
    if (place >= 0) return this.#found(place, this.#means);
    if (owner >= 0) return this.#found(owner, BY.mac);
    if (towards === TOWARDS.own) return this.#found(SENT_BY_HOST, BY.addresses);
    if (towards === TOWARDS.unrouted) return this.#leave(REASONS.noInterface);
    const onward = this.facts.towards(record.bytes, destination, family);
    if (!this.facts.isKnown(record.bytes, destination, family, onward)) {
      return this.#leave(REASONS.noDestination);
    }
    if (this.#macs.isForOthers(record.bytes, link, towards)) return this.#ignore(REASONS.notOurs);
    return this.#found(towards, BY.addresses);
  }

  /**
   * Where all Ethernet frames of one interface of a capture meet the host of which it does not say which way they went, as far as it is not their addresses that
   * tell: an interface's number, or -1 where these alone do; ASK where frames differ.
   */
  placeWithoutFrame(reader: CaptureReader, interfaceId: number): number {
    if (this.#allSent || this.#macs.areKnown) return ASK;
    return this.#given >= 0
      ? this.#given
      : this.#placesOfCapture(reader.place).find(reader.interfaces, interfaceId, -1);
  }

  /** Counts packets that were attributed by `placeWithoutFrame` and their addresses alone. HOT */
  countByAddresses(
    place: number,
    { sent, arrived }: { readonly sent: number; readonly arrived: number },
  ): void {
    this.byMeans[BY.addresses]! += sent;
    if (place < 0) this.byMeans[BY.addresses]! += arrived;
    else {
      if (sent + arrived > 0) this.#captured[place] = 1;
      this.byMeans[this.#given >= 0 ? BY.given : BY.name]! += arrived;
    }
  }

  #found(place: number, means: number): number {
    this.byMeans[means]!++;
    return place;
  }

  #leave(reason: string): number {
    this.reason = reason;
    return NOT_ATTRIBUTED;
  }

  #ignore(reason: string): number {
    this.reason = reason;
    return IGNORED;
  }

  /** The interface that is known for all packets, or of the capture by its name; NOWHERE. HOT */
  #placeOf(record: PacketRecord, link: LinkLayer): number {
    if (this.#given >= 0) {
      this.#means = BY.given;
      return this.#given;
    }
    this.#means = BY.name;
    return this.#placesOfCapture(record.place).find(
      record.interfaces,
      record.interfaceId,
      link.vlan,
    );
  }

  #placesOfCapture(place: number): CapturePlaces {
    while (this.#placesOf.length <= place) this.#placesOf.push(new CapturePlaces(this.#numbers));
    return this.#placesOf[place]!;
  }
}

/** Which way the packet went, as the MAC addresses or the capture tell; one of DIRECTION. HOT */
function directionOf(record: PacketRecord, link: LinkLayer, owner: number): number {
  if (owner === MAC_OWNER.leaving) return DIRECTION.outbound;
  if (owner !== MAC_OWNER.open) return DIRECTION.inbound;
  if (link.cooked < 0) return record.direction;
  return link.cooked === COOKED.sent ? DIRECTION.outbound : DIRECTION.inbound;
}

/** Which interfaces of the host those of one capture are. */
class CapturePlaces {
  readonly #numbers: ReadonlyMap<string, number>;
  /** By the interface of the capture; with a VLAN by `id * 4096 + vlan`, in the other. */
  readonly #plain: number[] = [];
  readonly #tagged: Map<number, number> = new Map();

  constructor(numbers: ReadonlyMap<string, number>) {
    this.#numbers = numbers;
  }

  /** HOT */
  find(interfaces: readonly CaptureInterface[], id: number, vlan: number): number {
    while (this.#plain.length <= id) {
      const name = interfaces[this.#plain.length]?.name;
      this.#plain.push((name === undefined ? undefined : this.#numbers.get(name)) ?? NOWHERE);
    }
    return vlan > 0 ? this.#findTagged(interfaces, id, vlan) : this.#plain[id]!;
  }

  /** A tagged packet is the VLAN interface's, where the host has one with the usual name. */
  #findTagged(interfaces: readonly CaptureInterface[], id: number, vlan: number): number {
    const key = id * 4096 + vlan;
    const known = this.#tagged.get(key);
    if (known !== undefined) return known;
    const name = interfaces[id]?.name;
    const own = name === undefined ? undefined : this.#numbers.get(`${name}.${vlan}`);
    const place = own ?? this.#plain[id]!;
    this.#tagged.set(key, place);
    return place;
  }
}
