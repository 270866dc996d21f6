import type { Hook, TableName } from '../ruleset/hook.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { FinalHeaders, PacketResult, TraceStep } from '../simulate/packet-result.ts';

/** What can be seen of a packet at its end from outside its rules. */
export interface SeenLast {
  readonly final: FinalHeaders;
  readonly mark: number;
}

/**
 * The headers and the mark at the last point of a lab (`lab/observation-point.ts`, and the connection lookup behind table raw) that the
 * packet passed. Of a packet that rules stopped nobody sees what they had changed since.
 */
export function seenLast(result: PacketResult): SeenLast {
  const { final, mark, packet } = result;
  if (result.verdict === 'accept') return { final, mark };
  const walk = new PointWalk(packet.mark);
  for (const step of result.steps) walk.take(step);
  const { stoppedIn, rewritten, markSeen } = walk;
  if (stoppedIn === undefined) return { final, mark };
  // Translated and stopped before the next point: by OUTPUT, which is the first hook that such a packet meets.
  return { final: rewritten ? packet : final, mark: markSeen };
}

/** Follows a packet's steps from point to point. */
class PointWalk {
  /** The mark at the last point. */
  markSeen: number;
  /** The hook that the packet is in; undefined before the first, and where routing ended it between two. */
  stoppedIn: Hook | undefined;
  /** Whether the hook that the packet is in has translated it. */
  rewritten = false;
  #mark: number;
  #isBeforeLookup = false;

  constructor(mark: number) {
    this.#mark = mark;
    this.markSeen = mark;
  }

  take(step: TraceStep): void {
    switch (step.kind) {
      case 'hook':
        this.stoppedIn = step.hook;
        // The lab does not look between OUTPUT or FORWARD and what follows them.
        if (step.hook === 'postrouting') return;
        this.markSeen = this.#mark;
        this.rewritten = false;
        this.#isBeforeLookup = step.hook === 'prerouting' || step.hook === 'output';
        return;
      case 'conntrack':
        this.#passLookup();
        return;
      case 'nat':
        this.rewritten = true;
        return;
      case 'mark':
        this.#mark = step.mark;
        return;
      case 'chain-policy':
        this.#enter(step.table);
        return;
      case 'rule':
        this.#enter(step.table);
        this.#apply(step.rule);
        return;
      case 'route':
        // OUTPUT itself asks for another route when it has changed the destination or the mark.
        if (isEnd(step.outcome) && this.stoppedIn !== 'output') this.stoppedIn = undefined;
        return;
      default:
    }
  }

  #enter(table: TableName): void {
    // A packet that comes back by `lo` is looked up without a word.
    if (table !== 'raw') this.#passLookup();
  }

  #passLookup(): void {
    if (!this.#isBeforeLookup) return;
    this.#isBeforeLookup = false;
    this.markSeen = this.#mark;
  }

  #apply({ target }: Rule): void {
    if (target?.kind === 'mark') this.#mark = ((this.#mark & ~target.mask) ^ target.value) >>> 0;
  }
}

function isEnd(outcome: Extract<TraceStep, { kind: 'route' }>['outcome']): boolean {
  return outcome === 'drop' || outcome === 'reject';
}
