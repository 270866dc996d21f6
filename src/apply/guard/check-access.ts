import { parsePacketFields } from '../../packet/packet-text.ts';
import { buildReply } from '../../scenario/build-reply.ts';
import type { NodeModel } from '../../scenario/node-model.ts';
import { PacketSession } from '../../scenario/packet-session.ts';
import { PacketPathError } from '../../simulate/packet-path-error.ts';
import type { PacketResult } from '../../simulate/packet-result.ts';
import type { AccessStep, KeptAccess } from './kept-access.ts';

/** Access that new rules would take away, or that nobody can promise. */
export interface LostAccess {
  readonly name: string;
  readonly reason: string;
  /** What becomes of the packet; undefined where it cannot even begin on this host. */
  readonly result: PacketResult | undefined;
}

/** Which of the accesses do not survive the rules of the model. */
export function checkAccess(model: NodeModel, kept: readonly KeptAccess[]): readonly LostAccess[] {
  const session = new PacketSession((family) => model.simulator(family));
  return kept.flatMap((access) => {
    session.reset();
    return checkOne(access, session) ?? [];
  });
}

/**
 * Which of the accesses that work today do not survive: those that the machine as it is refuses for certain are not there to be lost. `asIs` is asked
 * only where something does not survive.
 */
export function checkWorkingAccess(
  model: NodeModel,
  asIs: () => NodeModel,
  kept: readonly KeptAccess[],
): readonly LostAccess[] {
  const lost = checkAccess(model, kept);
  if (lost.length === 0) return [];
  const names = new Set(lost.map(({ name }) => name));
  const today = checkAccess(
    asIs(),
    kept.filter(({ name }) => names.has(name)),
  );
  const refused = new Set(
    today
      .filter(({ result }) => result !== undefined && result.verdict !== 'undetermined')
      .map(({ name }) => name),
  );
  return lost.filter(({ name }) => !refused.has(name));
}

function checkOne(access: KeptAccess, session: PacketSession): LostAccess | undefined {
  let before: PacketResult | undefined;
  for (const step of access.steps) {
    const result = runStep(step, before, session);
    if (typeof result === 'string') return { name: access.name, reason: result, result: undefined };
    if (result.verdict !== 'accept') {
      const because = result.because?.join('; ');
      const reason =
        because === undefined
          ? `the packet meets ${result.verdict}`
          : `it cannot be told: ${because}`;
      return { name: access.name, reason, result };
    }
    before = result;
  }
  return undefined;
}

/** The result, or why there is none. */
function runStep(
  step: AccessStep,
  before: PacketResult | undefined,
  session: PacketSession,
): PacketResult | string {
  const built =
    step.kind === 'reply' && before !== undefined
      ? buildReply(before, step.fields)
      : parsePacketFields(step.fields);
  if (built.kind === 'no-receiver') return `nobody answers: ${built.reason}`;
  if (built.kind === 'problems') return built.problems.map(({ message }) => message).join('; ');
  try {
    return session.run(built.packet);
  } catch (error) {
    if (!(error instanceof PacketPathError)) throw error;
    return error.message;
  }
}
