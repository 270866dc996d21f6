import type { FinalHeaders, PacketResult } from '../simulate/packet-result.ts';

/** What can be seen of a packet from outside the hooks. */
export interface SeenLast {
  readonly final: FinalHeaders;
  readonly mark: number;
  /** The hook whose rules stopped it; undefined for a packet that no hook stopped. */
  readonly stoppedIn: string | undefined;
}

/**
 * The headers and the mark at the last point between hooks that the packet passed. Of a packet that a hook's rules stopped nobody
 * sees what they had changed by then.
 */
export function seenLast(result: PacketResult): SeenLast {
  const { final, mark, packet } = result;
  if (result.verdict === 'accept') return { final, mark, stoppedIn: undefined };
  let present = packet.mark;
  let atHook = packet.mark;
  let hook: string | undefined;
  let rewritten = false;
  for (const step of result.steps) {
    if (step.kind === 'hook') {
      hook = step.hook;
      atHook = present;
      rewritten = false;
    } else if (step.kind === 'nat') {
      rewritten = true;
    } else if (step.kind === 'rule' && step.rule.target?.kind === 'mark') {
      present = ((present & ~step.rule.target.mask) ^ step.rule.target.value) >>> 0;
    } else if (step.kind === 'route' && (step.outcome === 'drop' || step.outcome === 'reject')) {
      return { final, mark, stoppedIn: undefined };
    }
  }
  if (hook === undefined) return { final, mark, stoppedIn: undefined };
  // Translated and stopped in one hook: only OUTPUT filters after it translates, and it is the first hook that such a packet meets.
  return { final: rewritten ? packet : final, mark: atHook, stoppedIn: hook };
}
