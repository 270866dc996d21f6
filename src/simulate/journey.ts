import { sameIpAddress } from '../address/ip-address.ts';
import { hasPorts } from '../address/protocol.ts';
import type { Host } from '../host/host.ts';
import type { Hook, TableName } from '../ruleset/hook.ts';
import type { Assumptions } from './assumptions.ts';
import type { ChangedSets } from './changed-sets.ts';
import type { Choices } from './choices.ts';
import { askExpected, askForgotten } from './connection-doubts.ts';
import {
  type ConnectionTracker,
  MAY_MAKE_ROOM,
  TABLE_FULL,
} from './conntrack/connection-tracker.ts';
import { DoubtfulMatches } from './doubtful-matches.ts';
import type { Journal } from './journal.ts';
import { type NatSide, NatStage } from './nat-stage.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { PathEvent } from './packet-result.ts';
import { STAGES, type Stage } from './pipeline.ts';
import { RareTargets } from './rare-targets.ts';
import { whyNotAnswered } from './reject-answer.ts';
import type { RouteOutcome, Router } from './routing/router.ts';
import type { RuleProgram } from './rule-program.ts';
import { ChainWalker } from './traverse.ts';
import { VirtualServers } from './virtual-servers.ts';

/** How a packet's way ended, and by what. */
export interface Ending {
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** `local`, an interface, or null. */
  readonly delivered: string | null;
  readonly cause: EndingCause;
}

export type EndingCause =
  /** Nothing ended it. */
  | { readonly kind: 'arrived' }
  /** By its number in the program. */
  | { readonly kind: 'rule'; readonly rule: number }
  /** A base chain's policy, by the chain's number in the program. */
  | { readonly kind: 'chain-policy'; readonly chain: number; readonly hook: Hook }
  | { readonly kind: 'routing'; readonly reason: string }
  | { readonly kind: 'conntrack'; readonly reason: string };

/** The parts of one host that packets of one family pass. */
export interface PacketPath {
  readonly host: Host;
  readonly program: RuleProgram;
  readonly router: Router;
  readonly tracker: ConnectionTracker;
  readonly journal: Journal;
  readonly choices: Choices;
  readonly assumptions: Assumptions;
  readonly changedSets: ChangedSets;
}

type HookEvent = Extract<PathEvent, { readonly kind: 'hook' }>;

const LOOPBACK = 'lo';

/** Takes packets of one family through the host, one after the other. */
export class Journey {
  readonly #path: PacketPath;
  readonly #walker: ChainWalker;
  readonly #nat: NatStage;
  readonly #servers: VirtualServers;
  /** Simulated time, for what looks at it. */
  readonly #clock = { nowMs: 0 };
  /** The output interface after OUTPUT; its own rules still see the one before. */
  #onward = '';
  /** In the second half of a local-to-local packet's way. */
  #returned = false;
  readonly #entered: Partial<Record<Hook, HookEvent>> = {};
  /** What could not be known on the last packet's way, in words. */
  unknown: string[] = [];

  constructor(path: PacketPath) {
    this.#path = path;
    const { program, router, journal, assumptions, choices, changedSets, tracker } = path;
    const context = { router, sets: program.sets, changedSets, assumptions, clock: this.#clock };
    const doubtful = new DoubtfulMatches(context, assumptions, choices);
    const { sets, listsOf } = program;
    const altering = { ...context, tracker, journal, sets, listsOf };
    const rare = new RareTargets(altering, assumptions, choices);
    this.#walker = new ChainWalker(program, context, journal, doubtful, rare);
    this.#nat = new NatStage(path, this.#walker);
    this.#servers = new VirtualServers(path.host, program.sets);
  }

  /** Runs a packet to its end; one that a process of the host sends has no input interface. */
  run(packet: PacketInFlight, nowMs: number): Ending {
    this.#clock.nowMs = nowMs;
    this.#returned = false;
    this.unknown = [];
    this.#walker.unknown.length = 0;
    const ending = packet.inInterface === '' ? this.#leave(packet) : this.#arrive(packet);
    this.#noteUnknown(ending);
    if (ending.verdict !== 'accept' && packet.connection?.confirmed === false) {
      this.#path.tracker.forget(packet);
    }
    return ending;
  }

  /** Adds what routes and rules of the way leave unknown, which mostly is nothing. */
  #noteUnknown({ verdict }: Ending): void {
    const doubts = this.#path.router.takeDoubts(verdict);
    const { unknown } = this.#walker;
    if (doubts.length > 0 || unknown.length > 0) this.unknown.push(...doubts, ...unknown);
  }

  #arrive(packet: PacketInFlight): Ending {
    const { router } = this.#path;
    const refused = router.refuseBeforePrerouting(packet);
    if (refused !== undefined) return this.#unrouted({ kind: 'drop', reason: refused });
    const stopped = this.#hook('prerouting', packet);
    if (stopped !== undefined) return stopped;
    const route = router.routeInput(packet);
    if (!isRouted(route)) return this.#unrouted(route);
    this.#noteRoute(route);
    if (route.kind === 'local') return this.#hook('input', packet) ?? this.#receive(packet);
    packet.outInterface = route.outInterface;
    packet.ttl--;
    return this.#hook('forward', packet) ?? this.#depart(packet);
  }

  /** IPVS stands behind table filter in INPUT. */
  #receive(packet: PacketInFlight): Ending {
    this.#noteServer(packet);
    return arrived('local');
  }

  #noteServer(packet: PacketInFlight): void {
    if (!this.#servers.mayTake(packet)) return;
    this.unknown.push('a virtual server of IPVS may take the packet, which is not modelled');
  }

  #leave(packet: PacketInFlight): Ending {
    const route = this.#path.router.routeOutput(packet);
    if (!isRouted(route)) return this.#unrouted(route);
    this.#noteRoute(route);
    packet.outInterface = outInterfaceOf(route);
    this.#onward = packet.outInterface;
    // IPVS stands before table filter here, which then sees what IPVS has made of the packet.
    if (packet.outInterface === LOOPBACK) this.#noteServer(packet);
    const stopped = this.#hook('output', packet);
    if (stopped !== undefined) return stopped;
    packet.outInterface = this.#onward;
    return this.#depart(packet);
  }

  #depart(packet: PacketInFlight): Ending {
    const { router } = this.#path;
    const stopped = this.#hook('postrouting', packet);
    if (stopped !== undefined) return stopped;
    if (packet.outInterface !== LOOPBACK) return arrived(packet.outInterface);
    // The route made for leaving is kept across the loop, so that nothing is routed or refused again.
    packet.inInterface = LOOPBACK;
    packet.outInterface = '';
    this.#returned = true;
    // IPv6 looks at the addresses of whatever comes in, even by lo.
    const refused = packet.family === 6 ? router.refuseBeforePrerouting(packet) : undefined;
    if (refused !== undefined) return this.#unrouted({ kind: 'drop', reason: refused });
    return this.#hook('prerouting', packet) ?? this.#hook('input', packet) ?? arrived('local');
  }

  /** Runs one hook; the ending when the packet goes no further. */
  #hook(hook: Hook, packet: PacketInFlight): Ending | undefined {
    this.#path.journal.event(this.#entering(hook, packet));
    const stages = STAGES[hook];
    for (let i = 0; i < stages.length; i++) {
      const ending = this.#stage(stages[i]!, hook, packet);
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  /** The event of entering the hook; most packets enter it as the one before did. */
  #entering(hook: Hook, { inInterface, outInterface }: PacketInFlight): HookEvent {
    const last = this.#entered[hook];
    if (last?.inInterface === inInterface && last.outInterface === outInterface) return last;
    const event: HookEvent = { kind: 'hook', hook, inInterface, outInterface };
    this.#entered[hook] = event;
    return event;
  }

  #stage(stage: Stage, hook: Hook, packet: PacketInFlight): Ending | undefined {
    switch (stage.kind) {
      case 'conntrack':
        return this.#track(hook, packet);
      case 'nat':
        return this.#translate(stage.side, hook, packet);
      case 'confirm':
        return this.#confirm(packet);
      default:
        return this.#table(stage.table, hook, packet);
    }
  }

  #table(table: TableName, hook: Hook, packet: PacketInFlight): Ending | undefined {
    const chain = this.#path.program.baseChain(table, hook);
    if (chain < 0) return undefined;
    const { mark, tos, ttl } = packet;
    const end = this.#walker.walk(chain, packet);
    if (end === 'drop') return this.#stopped('drop', chain, hook);
    if (end === 'reject') return this.#rejected(packet, chain, hook);
    // Only table mangle has the packet routed again for what it changed (netfilter-facts 4.5; iptable_mangle.c, ip6table_mangle.c).
    if (hook !== 'output' || table !== 'mangle') return undefined;
    if (packet.mark !== mark) return this.#reroute(packet, 'the mark changed');
    if (packet.tos !== tos) return this.#reroute(packet, 'the type of service changed');
    return packet.family === 6 && packet.ttl !== ttl
      ? this.#reroute(packet, 'the hop limit changed')
      : undefined;
  }

  #rejected(packet: PacketInFlight, chain: number, hook: Hook): Ending {
    const { host, router, program, journal, tracker } = this.#path;
    const target = program.rules[this.#walker.endedBy]?.rule.target;
    const rejectWith = target?.kind === 'reject' ? target.with : '';
    const silent = whyNotAnswered(packet, rejectWith, host, router);
    if (silent === undefined) {
      if (rejectWith === 'tcp-reset') tracker.setClosing(packet, this.#clock.nowMs);
      return this.#stopped('reject', chain, hook);
    }
    journal.event({ kind: 'note', detail: `REJECT makes no answer: ${silent}` });
    return this.#stopped('drop', chain, hook);
  }

  #stopped(verdict: 'drop' | 'reject', chain: number, hook: Hook): Ending {
    const rule = this.#walker.endedBy;
    const cause: EndingCause =
      rule < 0 ? { kind: 'chain-policy', chain, hook } : { kind: 'rule', rule };
    return { verdict, delivered: null, cause };
  }

  #track(hook: Hook, packet: PacketInFlight): Ending | undefined {
    // A packet that loops back brings its connection, or its being untracked, along.
    if (this.#returned && (packet.connection !== undefined || packet.state === 'untracked')) {
      return undefined;
    }
    const { journal } = this.#path;
    const wanted = packet.packet.state;
    if (packet.noTrack || wanted === 'untracked' || wanted === 'invalid') {
      packet.state = packet.noTrack ? 'untracked' : wanted;
    } else {
      if (!this.#findConnection(packet)) return conntrackDrop(TABLE_FULL);
      if (wanted !== undefined) this.#override(packet, wanted);
    }
    const state = packet.state;
    if (state === undefined) throw new Error('connection tracking gave the packet no state');
    const { isReply } = packet;
    const isKnown = packet.connection?.confirmed === true;
    if (isKnown && isItsOwnMirror(packet)) {
      this.unknown.push('a connection from a port to itself has no two directions to tell apart');
    }
    const detail = trackingDetail(packet);
    const { replaces } = packet;
    journal.event({ kind: 'conntrack', hook, state, isReply, isKnown, replaces, detail });
    return undefined;
  }

  /** False where there is no room for a new connection. */
  #findConnection(packet: PacketInFlight): boolean {
    const { tracker, program } = this.#path;
    const { nowMs } = this.#clock;
    if (program.givesTemplates) askForgotten(this.#path, packet, nowMs);
    const isFull = tracker.track(packet, nowMs) === 'table-full';
    if (isFull && program.tracksConnections) {
      if (tracker.mayMakeRoom(nowMs)) this.unknown.push(MAY_MAKE_ROOM);
      return false;
    }
    // Where no rule asks, the kernel does not look for room either.
    if (isFull) packet.state = 'new';
    const { unknownMet } = tracker;
    if (unknownMet !== undefined) this.unknown.push(`the packet's connection: ${unknownMet}`);
    if (!tracker.hasHelpers) return true;
    const unknown = askExpected(this.#path, packet);
    if (unknown !== undefined) this.unknown.push(unknown);
    return true;
  }

  /** Lets rules see the state that the packet is said to have. */
  #override(packet: PacketInFlight, wanted: 'new' | 'established' | 'related'): void {
    if (packet.state === wanted) return;
    packet.state = wanted;
    // A packet said to belong to a flow that nobody knows meets no nat chain and leaves no connection behind.
    if (wanted !== 'new' && packet.connection?.confirmed === false) {
      this.#path.tracker.forget(packet);
      packet.connection = undefined;
    }
  }

  #translate(side: NatSide, hook: Hook, packet: PacketInFlight): Ending | undefined {
    // Both sides were settled on the way out.
    if (this.#returned) return undefined;
    const end = this.#nat.run(side, hook, packet, this.unknown);
    if (end === 'drop') {
      return this.#stopped('drop', this.#path.program.baseChain('nat', hook), hook);
    }
    if (end === 'refused') return conntrackDrop('an ICMP redirect about a translated connection');
    if (end === 'elsewhere') {
      return conntrackDrop('a masqueraded connection that leaves by another interface than before');
    }
    if (end === 'moved' && hook === 'output') {
      return this.#reroute(packet, 'the destination changed');
    }
    return undefined;
  }

  #confirm(packet: PacketInFlight): Ending | undefined {
    if (this.#returned || packet.connection === undefined) return undefined;
    const { program, tracker } = this.#path;
    if (tracker.confirm(packet, this.#clock.nowMs) === 'confirmed') return undefined;
    if (!program.tracksConnections) return undefined;
    return conntrackDrop('another connection has the same addresses and ports');
  }

  #reroute(packet: PacketInFlight, why: string): Ending | undefined {
    const route = this.#path.router.routeOutput(packet);
    if (!isRouted(route)) return this.#unrouted(route);
    this.#onward = outInterfaceOf(route);
    this.#path.journal.event({
      kind: 'route',
      outcome: route.kind,
      detail: `routed again because ${why}: ${route.reason}`,
    });
    return undefined;
  }

  #noteRoute(route: Routed): void {
    this.#path.journal.event({ kind: 'route', outcome: route.kind, detail: route.reason });
  }

  #unrouted({ kind, reason }: Unrouted): Ending {
    const cause: EndingCause = { kind: 'routing', reason };
    if (kind === 'undetermined') {
      this.unknown.push(reason);
      this.#path.journal.event({ kind: 'note', detail: reason });
      return { verdict: 'drop', delivered: null, cause };
    }
    this.#path.journal.event({ kind: 'route', outcome: kind, detail: reason });
    return { verdict: kind, delivered: null, cause };
  }
}

type Routed = Extract<RouteOutcome, { readonly kind: 'local' | 'forward' }>;
type Unrouted = Exclude<RouteOutcome, Routed>;

function isRouted(route: RouteOutcome): route is Routed {
  return route.kind === 'local' || route.kind === 'forward';
}

/** Whether both directions of a packet's connection would look the same, so that it is chance which one the kernel finds. */
function isItsOwnMirror({
  source,
  destination,
  sourcePort,
  destinationPort,
  packet,
}: PacketInFlight): boolean {
  return (
    hasPorts(packet.protocol) &&
    sourcePort === destinationPort &&
    sameIpAddress(source, destination)
  );
}

function conntrackDrop(reason: string): Ending {
  return { verdict: 'drop', delivered: null, cause: { kind: 'conntrack', reason } };
}

function arrived(delivered: string): Ending {
  return { verdict: 'accept', delivered, cause: { kind: 'arrived' } };
}

function outInterfaceOf(route: Routed): string {
  return route.kind === 'local' ? LOOPBACK : route.outInterface;
}

function trackingDetail(packet: PacketInFlight): string {
  if (packet.packet.state !== undefined) return 'as the packet is said to be';
  if (packet.noTrack) return 'by NOTRACK';
  const connection = packet.connection;
  if (connection === undefined) return 'no connection';
  const direction = packet.isReply ? 'reply direction' : 'original direction';
  return `${connection.protocolState}, ${direction}`;
}
