import type { Packet } from '../packet/packet.ts';
import { PacketPathError } from '../simulate/packet-path-error.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import type { SourceLocation } from '../source/location.ts';
import { buildReply } from './build-reply.ts';
import type { Disagreement } from './disagreement.ts';
import { compare, type Mismatch } from './expectation.ts';
import type { NodeModel } from './node-model.ts';
import { PacketSession } from './packet-session.ts';
import { PolicyOracle } from './policy-oracle.ts';
import type { PreparedCase, PreparedStep } from './prepare-scenario.ts';

/** What came of one step. */
export interface StepResult {
  readonly location: SourceLocation;
  /** Undefined when there was no packet to run: see `error`. */
  readonly packet: Packet | undefined;
  readonly result: PacketResult | undefined;
  readonly mismatches: readonly Mismatch[];
  /** The compiled rules and policy say different things: a fault of hepsim. */
  readonly disagreement: Disagreement | undefined;
  /** Why the step could not be run. */
  readonly error: string | undefined;
}

/** What came of one case: every step up to the first that could not be run. */
export interface CaseResult {
  readonly name: string;
  readonly location: SourceLocation;
  readonly passed: boolean;
  readonly steps: readonly StepResult[];
}

/** Runs cases against one node, each with an empty connection table. */
export class CaseRunner {
  private readonly session: PacketSession;
  private readonly oracle: PolicyOracle;

  constructor(model: NodeModel) {
    this.session = new PacketSession((family) => model.simulator(family));
    this.oracle = new PolicyOracle(model);
  }

  run(prepared: PreparedCase): CaseResult {
    this.session.reset();
    this.oracle.reset();
    const steps: StepResult[] = [];
    let passed = true;
    let before: PacketResult | undefined;
    for (const step of prepared.steps) {
      const done = this.runStep(step, before);
      steps.push(done);
      if (stepFailed(done)) passed = false;
      if (done.result === undefined) break;
      before = done.result;
    }
    return { name: prepared.name, location: prepared.location, passed, steps };
  }

  private runStep(step: PreparedStep, before: PacketResult | undefined): StepResult {
    const packet = step.packet ?? replyTo(before, step);
    if (typeof packet === 'string') return notRun(step, packet);
    const result = this.runPacket(packet);
    if (typeof result === 'string') return notRun(step, result);
    const mismatches = compare(step.expectation, result);
    const disagreement = this.oracle.check(packet, result);
    return { location: step.location, packet, result, mismatches, disagreement, error: undefined };
  }

  /** The result, or why the packet cannot begin on this host. */
  private runPacket(packet: Packet): PacketResult | string {
    try {
      return this.session.run(packet);
    } catch (error) {
      if (!(error instanceof PacketPathError)) throw error;
      return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
    }
  }
}

/** Whether the step makes its case fail. */
export function stepFailed(step: StepResult): boolean {
  return step.mismatches.length > 0 || step.disagreement !== undefined || step.error !== undefined;
}

/** The answer to the packet before, or why there is none. */
function replyTo(before: PacketResult | undefined, step: PreparedStep): Packet | string {
  if (before === undefined) return 'a reply needs a packet before it';
  const reply = buildReply(before, step.reply);
  if (reply.kind === 'packet') return reply.packet;
  if (reply.kind === 'no-receiver') return `nobody replies: ${reply.reason}`;
  return `not a packet: ${reply.problems.map(({ message }) => message).join('; ')}`;
}

function notRun(step: PreparedStep, error: string): StepResult {
  return {
    location: step.location,
    packet: undefined,
    result: undefined,
    mismatches: [],
    disagreement: undefined,
    error,
  };
}
