import type { Choices } from './choices.ts';
import { firstFailure } from './explain-match.ts';
import type { Journal } from './journal.ts';
import { type MatchContext, matches, STATE_BIT, stateBits } from './match-evaluation.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';
import {
  DESTINATION,
  DESTINATION_MASK,
  DO,
  IN_INTERFACE,
  MARK_MASK,
  MARK_VALUE,
  MORE,
  OPERAND,
  OPERAND2,
  OPERATION,
  OUT_INTERFACE,
  PORT_FIRST,
  PORT_LAST,
  PROTOCOL,
  type RuleProgram,
  SOURCE,
  SOURCE_MASK,
  STATES,
  STRIDE,
} from './rule-program.ts';

/** How a base chain ended for a packet. */
export type WalkEnd = 'accept' | 'drop' | 'reject' | 'translate';

/**
 * Walks base chains for packets, recording every rule that matched.
 *
 * Rules are decided by the words of the program; only where these say yes and more must be asked are the matches themselves looked at.
 */
export class ChainWalker {
  readonly #program: RuleProgram;
  readonly #context: MatchContext;
  readonly #journal: Journal;
  readonly #choices: Choices;
  // Where each open jump goes on; the kernel's loader refuses loops, so that no ruleset is deeper than it has chains.
  readonly #stackNext: Int32Array;
  readonly #stackEnd: Int32Array;
  /** The rule that ended the last walk; -1 when the chain's policy did. */
  endedBy = -1;
  /** Rules of the host that nobody knows the text of and that the packet met, in words. */
  readonly opaque: string[] = [];

  constructor(program: RuleProgram, router: Router, journal: Journal, choices: Choices) {
    this.#program = program;
    this.#context = { router, sets: program.sets };
    this.#journal = journal;
    this.#choices = choices;
    this.#stackNext = new Int32Array(program.chains.length + 1);
    this.#stackEnd = new Int32Array(program.chains.length + 1);
  }

  /** Runs the packet through the base chain with this number. HOT */
  walk(chainNumber: number, packet: PacketInFlight): WalkEnd {
    const program = this.#program;
    const chains = program.chains;
    const words = program.words;
    const journal = this.#journal;
    const explaining = journal.explaining;
    const protocol = packet.protocol;
    const source = packet.source.w3 | 0;
    const destination = packet.destination.w3 | 0;
    const port = packet.destinationPort;
    const inInterface = program.interfaceNumber(packet.inInterface);
    const outInterface = program.interfaceNumber(packet.outInterface);
    let states = stateBits(packet);
    let mark = packet.mark | 0;
    let depth = 0;
    let at = chains[chainNumber]!.first;
    let end = chains[chainNumber]!.end;
    for (;;) {
      if (at === end) {
        if (depth === 0) return this.#policy(chainNumber);
        depth--;
        at = this.#stackNext[depth]!;
        end = this.#stackEnd[depth]!;
        continue;
      }
      const rule = at++;
      const row = rule * STRIDE;
      const ruleProtocol = words[row + PROTOCOL]!;
      const ruleIn = words[row + IN_INTERFACE]!;
      const ruleOut = words[row + OUT_INTERFACE]!;
      if (
        (mark & words[row + MARK_MASK]!) !== words[row + MARK_VALUE]! ||
        (ruleProtocol !== protocol && ruleProtocol !== -1) ||
        (destination & words[row + DESTINATION_MASK]!) !== words[row + DESTINATION]! ||
        (source & words[row + SOURCE_MASK]!) !== words[row + SOURCE]! ||
        port < words[row + PORT_FIRST]! ||
        port > words[row + PORT_LAST]! ||
        (ruleIn !== inInterface && ruleIn !== 0) ||
        (ruleOut !== outInterface && ruleOut !== 0) ||
        (states & words[row + STATES]!) === 0 ||
        (words[row + MORE] === 1 && !this.#restMatches(rule, packet))
      ) {
        if (explaining) this.#passOver(rule, depth, packet);
        continue;
      }
      journal.rule(rule, depth);
      switch (words[row + OPERATION]) {
        case DO.accept:
          this.endedBy = rule;
          return 'accept';
        case DO.drop:
          this.endedBy = rule;
          return 'drop';
        case DO.reject:
          this.endedBy = rule;
          return 'reject';
        case DO.translate:
          this.endedBy = rule;
          return 'translate';
        case DO.return:
          at = end;
          break;
        case DO.jump: {
          this.#stackNext[depth] = at;
          this.#stackEnd[depth] = end;
          depth++;
          const target = chains[words[row + OPERAND]!]!;
          at = target.first;
          end = target.end;
          break;
        }
        case DO.goto: {
          // The frame is not pushed: the target's end returns to whoever called the chain that holds the goto.
          const target = chains[words[row + OPERAND]!]!;
          at = target.first;
          end = target.end;
          break;
        }
        case DO.mark:
          mark = (mark & ~words[row + OPERAND2]!) ^ words[row + OPERAND]!;
          packet.mark = mark >>> 0;
          break;
        case DO.notrack:
          // Without effect on a packet that has its connection already (local to local, second half).
          if (packet.state === undefined) {
            packet.noTrack = true;
            states = STATE_BIT.UNTRACKED;
          }
          break;
        case DO.opaque:
          this.#meetOpaque(rule);
          break;
        default:
          break;
      }
    }
  }

  #policy(chainNumber: number): WalkEnd {
    const chain = this.#program.chains[chainNumber]!.chain;
    this.endedBy = -1;
    this.#journal.policy(chainNumber);
    return chain.kind === 'base' && chain.policy === 'drop' ? 'drop' : 'accept';
  }

  #restMatches(rule: number, packet: PacketInFlight): boolean {
    const { rest, unknowable } = this.#program.rules[rule]!;
    for (let i = 0; i < rest.length; i++) {
      if (!matches(rest[i]!, packet, this.#context)) return false;
    }
    return !unknowable || this.#choices.take(rule);
  }

  #passOver(number: number, depth: number, packet: PacketInFlight): void {
    const { rule } = this.#program.rules[number]!;
    this.#journal.passedOver(number, depth, firstFailure(rule, packet, this.#context));
  }

  #meetOpaque(number: number): void {
    const target = this.#program.rules[number]!.rule.target;
    if (target?.kind === 'opaque') this.opaque.push(target.description);
  }
}
