import type { IpFamily } from '../address/ip-address.ts';
import type { ConnectionState, Packet } from '../packet/packet.ts';
import { decide } from '../policy/decide.ts';
import type { Flow } from '../policy/flow.ts';
import { PacketInFlight } from '../simulate/packet-in-flight.ts';
import type { PacketResult, PathEvent } from '../simulate/packet-result.ts';
import { Router } from '../simulate/routing/router.ts';
import type { Simulator } from '../simulate/simulator.ts';
import { type Disagreement, findDisagreement } from './disagreement.ts';
import { flowOf } from './flow-facts.ts';
import { HostInterference } from './foreign-interference.ts';
import type { NodeModel } from './node-model.ts';
import { PacketSession } from './packet-session.ts';
import { unpolicedSimulator } from './unpoliced-host.ts';

/**
 * The second opinion on every packet of a scenario: policy itself, without the rules that were compiled from it.
 *
 * Policy must know a packet's route and connection. Where the packet got through, the simulation has seen both. Where policy stopped
 * it, or took it off tracking, a simulator of the same host without policy rules is asked; its connection table is made from the
 * packets that got through before.
 */
export class PolicyOracle {
  private readonly model: NodeModel;
  private readonly unpoliced: PacketSession;
  private readonly router: Router;
  private readonly interference: HostInterference;
  private readonly hidesPools: boolean;
  /** Policy's own marks choose routes, which a host without policy does not know. */
  private readonly marksChooseRoutes: boolean;
  /** What made the connection table that the next packet meets. */
  private history: Packet[] = [];
  /** After a packet that could not be determined nobody knows the connection table. */
  private lost = false;

  constructor(model: NodeModel) {
    this.model = model;
    this.router = new Router(model.host);
    this.interference = new HostInterference(model);
    this.hidesPools = model.policy.pools.some(({ natOutgoing }) => natOutgoing);
    const { markMask } = model.policy.config;
    this.marksChooseRoutes = model.host.rules.some(
      ({ fwmark }) => fwmark !== undefined && (fwmark.mask & markMask) !== 0,
    );
    const simulators = new Map<IpFamily, Simulator>();
    this.unpoliced = new PacketSession((family) => {
      const made = simulators.get(family) ?? unpolicedSimulator(model, family);
      simulators.set(family, made);
      return made;
    });
  }

  /** Begins again with an empty connection table. */
  reset(): void {
    this.history = [];
    this.lost = false;
  }

  /**
   * Decides the packet from policy and compares; undefined where both say the same, or where policy has no say. Packets come in
   * the order in which the simulation ran them; `packet` as it was given, `result` what came of it.
   */
  check(packet: Packet, result: PacketResult): Disagreement | undefined {
    if (result.verdict === 'undetermined') this.lost = true;
    if (this.lost || this.marksChooseRoutes) return undefined;
    const { in: from, source } = result.packet;
    const given = { ...packet, in: from, source };
    const facts = this.factsOf(given, result);
    // A connection that a stopped packet took the place of stays in the table of the host without policy.
    if (result.verdict !== 'accept' && result.events.some(isReplacing)) this.lost = true;
    if (leavesConnection(result)) {
      this.history.push(offTracking(given, result) ? { ...given, state: 'untracked' } : given);
    }
    // Hiding pools behind the host is the compiler's translation, which a host without policy does not have.
    if (this.hidesPools && isSourceTranslated(result)) this.lost = true;
    if (facts === undefined || this.interference.isIn(result)) return undefined;
    // Of a packet that the host sends to itself INPUT sees the source behind its translation; policy is told of one source alone.
    if (isSourceTranslated(result) && comesBack(result)) return undefined;
    return findDisagreement(decide(this.model.policy, facts), result);
  }

  private factsOf(packet: Packet, result: PacketResult): Flow | undefined {
    const untracked = offTracking(packet, result);
    if (result.verdict === 'accept' && !untracked && result.state !== null) {
      return this.flow(packet, result, result.state);
    }
    const tracked = this.ask(packet);
    if (tracked.verdict === 'undetermined') return undefined;
    const state = packet.state ?? tracked.state ?? 'invalid';
    // Off tracking there is no translation either, so that the packet may take another way.
    const way = untracked ? this.ask({ ...packet, state: 'untracked' }) : tracked;
    return way.verdict === 'undetermined' ? undefined : this.flow(packet, way, state);
  }

  private flow(packet: Packet, way: PacketResult, state: ConnectionState): Flow | undefined {
    return flowOf(packet, way, {
      state,
      reversePathFails: (inInterface) => {
        const flight = new PacketInFlight(packet, inInterface);
        return !this.router.passesRpfilter(flight, { validMark: true });
      },
      isOwnAddress: (address) => this.router.isLocalAddress(address),
    });
  }

  /** What would become of the packet without policy. */
  private ask(packet: Packet): PacketResult {
    this.unpoliced.reset();
    for (const before of this.history) this.unpoliced.run(before);
    return this.unpoliced.run(packet);
  }
}

function comesBack({ events }: PacketResult): boolean {
  const hooks = events.filter(isHook).map(({ hook }) => hook);
  return hooks[0] === 'output' && hooks.includes('input');
}

function isSourceTranslated({ events }: PacketResult): boolean {
  return events.some((event) => event.kind === 'nat' && event.side === 'source');
}

/** Whether a policy rule took the packet off tracking: not what the packet itself says. */
function offTracking(packet: Packet, result: PacketResult): boolean {
  return result.state === 'untracked' && packet.state === undefined && hasHop(result, 'notrack');
}

function hasHop(result: PacketResult, target: string): boolean {
  return result.steps.some((step) => step.kind === 'rule' && step.rule.target?.kind === target);
}

/**
 * Whether the connection table may be another one after the packet. A packet from the host to itself is entered before it comes
 * back on `lo`, so that it leaves an entry even when it is dropped there.
 */
function leavesConnection(result: PacketResult): boolean {
  if (result.verdict === 'accept') return true;
  // What belongs to a connection moves its state on before policy stops it; so may what tracking takes for invalid.
  if (result.state === 'invalid' || result.events.some(isOfKnownConnection)) return true;
  const hooks = result.events.filter(isHook).map(({ hook }) => hook);
  const sent = hooks.indexOf('postrouting');
  return sent >= 0 && sent < hooks.length - 1;
}

function isOfKnownConnection(event: PathEvent): boolean {
  return event.kind === 'conntrack' && event.isKnown;
}

function isReplacing(event: PathEvent): boolean {
  return event.kind === 'conntrack' && event.replaces;
}

function isHook(event: PathEvent): event is Extract<PathEvent, { kind: 'hook' }> {
  return event.kind === 'hook';
}
