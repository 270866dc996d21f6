import type { AddressIntervals } from '../../address/address-intervals.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import { STATE } from './plain-layout.ts';
import type { PlainMemory } from './plain-memory.ts';
import type { PlacedIndexes } from './rule-index.ts';
import { FORK_FIELD, ROUTE, ROUTE_SHIFT, ROUTE_WORDS, SENT_ROUTES } from './ways-layout.ts';

/** Conditions in all indexes together that compiled code is told of, 64 MiB or so; packets that ask others are left to PacketWays. */
const MOST_CONDITIONS = 2 ** 20;

/**
 * The ways of IPv4 packets as compiled code knows them: forks, and what they lead to, as far as packets have gone there. What it does not know it leaves to
 * PacketWays, which tells it here.
 */
export class PlainWays {
  readonly memory: PlainMemory;
  /** What indexes are placed in. */
  readonly indexes: PlacedIndexes;
  readonly #routes: number;

  /** `addresses` are cut as conditions ask, `routed` as routes do; `interfaces` is how many the host has. */
  constructor(
    memory: PlainMemory,
    {
      addresses,
      routed,
      interfaces,
    }: {
      readonly addresses: AddressIntervals;
      readonly routed: AddressIntervals;
      readonly interfaces: number;
    },
  ) {
    this.memory = memory;
    this.indexes = { memory, left: MOST_CONDITIONS };
    const cut = memory.place(addresses.starts4);
    const cutByRoutes = memory.place(routed.starts4);
    const entries = memory.allocate(interfaces * 2 * 4);
    this.#routes = memory.allocate(2 ** (32 - ROUTE_SHIFT) * ROUTE_WORDS * 4) / 4;
    const { words } = memory;
    words[STATE.cutStarts / 4] = cut * 4;
    words[STATE.cutCount / 4] = addresses.count;
    words[STATE.routedStarts / 4] = cutByRoutes * 4;
    words[STATE.routedCount / 4] = routed.count;
    words[STATE.entries / 4] = entries;
    words[STATE.entryInterfaces / 4] = interfaces;
    words[STATE.routes / 4] = this.#routes * 4;
  }

  /** The place of a new fork; `index` is that of its index, or 0. */
  fork(kind: number, index: number, from: number, choices: number): number {
    const place = this.memory.allocate((FORK_FIELD.choices + choices) * 4) / 4;
    const { words } = this.memory;
    words[place + FORK_FIELD.kind] = kind;
    words[place + FORK_FIELD.index] = index;
    words[place + FORK_FIELD.from] = from;
    return place;
  }

  /** Tells where a choice at a fork leads: the place of another fork, or -2 - the way's result. */
  lead(fork: number, choice: number, to: number): void {
    this.memory.words[fork + FORK_FIELD.choices + choice] = to;
  }

  /** Tells at which fork the ways of packets of a protocol, TCP or UDP, begin that arrive on an interface. HOT */
  enter(interfaceNumber: number, protocol: number, start: number): void {
    const { words } = this.memory;
    const at = interfaceNumber * 2 + (protocol === IP_PROTOCOL.udp ? 1 : 0);
    words[(words[STATE.entries / 4]! >>> 2) + at] = start;
  }

  /** Tells the number of the route of packets between two intervals, whose way begins at a fork. HOT */
  route(start: number, source: number, destination: number, route: number): void {
    this.#noteRoute(start, source, destination, route + 1);
  }

  /** Tells at which fork the ways of packets of a protocol begin that the host itself sends between two intervals. HOT */
  send(protocol: number, source: number, destination: number, start: number): void {
    this.#noteRoute(SENT_ROUTES + protocol, source, destination, start);
  }

  /** HOT */
  #noteRoute(owner: number, source: number, destination: number, leads: number): void {
    const { words } = this.memory;
    const at = this.#routes + routeSlot(owner, source, destination) * ROUTE_WORDS;
    words[at + ROUTE.of] = owner;
    words[at + ROUTE.source] = source;
    words[at + ROUTE.destination] = destination;
    words[at + ROUTE.leads] = leads;
  }
}

/** Where a route stands among those that are known. */
function routeSlot(owner: number, source: number, destination: number): number {
  const h = Math.imul(Math.imul(owner, 0x9e3779b1) ^ source, 0x85ebca6b) ^ destination;
  return Math.imul(h, 0xc2b2ae35) >>> ROUTE_SHIFT;
}
