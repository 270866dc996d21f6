import type { IpAddress } from '../address/ip-address.ts';
import { stateBits } from './connection-state-bits.ts';
import type { DoubtfulMatches } from './doubtful-matches.ts';
import { firstFailure } from './explain-match.ts';
import type { Journal } from './journal.ts';
import { type MatchContext, matches } from './match-evaluation.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { RareTargets } from './rare-targets.ts';
import { DO } from './rule-operations.ts';
import type { RuleProgram } from './rule-program.ts';
import { AddressSets } from './set-membership.ts';

/** How a base chain ended for a packet. */
export type WalkEnd = 'accept' | 'drop' | 'reject' | 'translate';

/**
 * Walks base chains for packets, recording every rule that matched.
 *
 * The program finds the rules; only where more must be asked are the matches themselves looked at.
 */
export class ChainWalker {
  readonly #program: RuleProgram;
  readonly #context: MatchContext;
  readonly #journal: Journal;
  readonly #doubtful: DoubtfulMatches;
  readonly #rare: RareTargets;
  readonly #sourceSets: AddressSets;
  readonly #destinationSets: AddressSets;
  // Where each open jump goes on; the kernel's loader refuses loops, so that no ruleset is deeper than it has chains.
  readonly #stackNext: Int32Array;
  readonly #stackEnd: Int32Array;
  /** What rules see of the packet's state. */
  #states = 0;
  // The interfaces of the last walk and their numbers, which mostly are those of the next.
  #inInterface = '';
  #outInterface = '';
  #inNumber = -1;
  #outNumber = -1;
  /** The rule that ended the last walk; -1 when the chain's policy did. */
  endedBy = -1;
  /** What nobody can know of targets that the packet met, in words. */
  readonly unknown: string[] = [];

  constructor(
    program: RuleProgram,
    context: MatchContext,
    journal: Journal,
    doubtful: DoubtfulMatches,
    rare: RareTargets,
  ) {
    this.#program = program;
    this.#context = context;
    this.#journal = journal;
    this.#doubtful = doubtful;
    this.#rare = rare;
    this.#sourceSets = new AddressSets(program.membership);
    this.#destinationSets = new AddressSets(program.membership);
    this.#stackNext = new Int32Array(program.chains.length + 1);
    this.#stackEnd = new Int32Array(program.chains.length + 1);
  }

  /** Runs the packet through the base chain with this number. HOT */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the loop of the walk, whose parts share its position
  walk(chainNumber: number, packet: PacketInFlight): WalkEnd {
    const { chains, finder, operations, quietCalls } = this.#program;
    const journal = this.#journal;
    const { explaining } = journal;
    const stackNext = this.#stackNext;
    const stackEnd = this.#stackEnd;
    this.#begin(packet);
    let depth = 0;
    let at = chains[chainNumber]!.first;
    let end = chains[chainNumber]!.end;
    for (;;) {
      const rule = finder.next(at, end);
      if (explaining) this.#passOver(at, rule, depth, packet);
      if (rule === end) {
        if (depth === 0) return this.#policy(chainNumber);
        depth--;
        at = stackNext[depth]!;
        end = stackEnd[depth]!;
        continue;
      }
      at = rule + 1;
      if (operations.asksMore(rule) && !this.#allMatch(rule, packet)) {
        if (explaining) this.#passOver(rule, at, depth, packet);
        continue;
      }
      const operation = operations.operation(rule);
      if (operation === DO.jump) {
        const call = explaining ? 0 : quietCalls.first(rule);
        if (call !== 0) {
          const last = quietCalls.last(call);
          journal.calls(call, last, depth);
          const { mark, next } = quietCalls.at(last);
          packet.mark = mark;
          finder.turn(mark, this.#states);
          at = next;
          continue;
        }
        journal.rule(rule, depth);
        stackNext[depth] = at;
        stackEnd[depth] = end;
        depth++;
        const target = chains[operations.operand(rule)]!;
        at = target.first;
        end = target.end;
        continue;
      }
      journal.rule(rule, depth);
      if (operation === DO.return) {
        at = end;
      } else if (operation === DO.goto) {
        // Goto pushes no frame: its target's end returns to whoever called the chain that holds it.
        const target = chains[operations.operand(rule)]!;
        at = target.first;
        end = target.end;
      } else if (operation === DO.mark) {
        packet.mark = operations.marked(rule, packet.mark);
        finder.turn(packet.mark, this.#states);
      } else if (operation !== DO.nothing) {
        const ended = this.#perform(operation, rule, packet);
        if (ended !== undefined) return ended;
        this.#turn(packet);
      }
    }
  }

  #begin(packet: PacketInFlight): void {
    const { inInterface, outInterface } = packet;
    if (inInterface !== this.#inInterface || outInterface !== this.#outInterface) {
      this.#inInterface = inInterface;
      this.#outInterface = outInterface;
      this.#inNumber = this.#program.interfaceNumber(inInterface);
      this.#outNumber = this.#program.interfaceNumber(outInterface);
    }
    this.#program.finder.begin(packet, this.#inNumber, this.#outNumber);
    this.#turn(packet);
  }

  /** Tells the finder of the packet's present mark and state. */
  #turn(packet: PacketInFlight): void {
    this.#states = stateBits(packet);
    this.#program.finder.turn(packet.mark, this.#states);
  }

  /** What the rarer targets do; the end of the walk where they end it. */
  #perform(operation: number, rule: number, packet: PacketInFlight): WalkEnd | undefined {
    if (operation === DO.notrack) {
      // Without effect on a packet that has its connection already (local to local, second half); an invalid one has none.
      if (packet.state === 'invalid') packet.state = undefined;
      if (packet.state === undefined && packet.template === undefined) packet.noTrack = true;
      return undefined;
    }
    if (operation === DO.rare) {
      const { end, unknown } = this.#rare.perform(rule, this.#program.rules[rule]!, packet);
      if (unknown !== undefined) this.unknown.push(unknown);
      if (end !== undefined) this.endedBy = rule;
      return end;
    }
    this.endedBy = rule;
    if (operation === DO.accept) return 'accept';
    if (operation === DO.drop) return 'drop';
    return operation === DO.reject ? 'reject' : 'translate';
  }

  #policy(chainNumber: number): WalkEnd {
    const chain = this.#program.chains[chainNumber]!.chain;
    this.endedBy = -1;
    this.#journal.policy(chainNumber);
    return chain.kind === 'base' && chain.policy === 'drop' ? 'drop' : 'accept';
  }

  /** Whether the packet has what the finder leaves open: sets, rare criteria, chance. */
  #allMatch(rule: number, packet: PacketInFlight): boolean {
    const { operations, rules } = this.#program;
    const sourceSet = operations.sourceSet(rule);
    if (sourceSet !== 0 && !inSet(this.#sourceSets, sourceSet, packet.source)) return false;
    const set = operations.destinationSet(rule);
    if (set !== 0 && !inSet(this.#destinationSets, set, packet.destination)) return false;
    const met = rules[rule]!;
    const rest = this.#program.restOf(rule);
    for (let i = 0; i < rest.length; i++) {
      if (!matches(rest[i]!, packet, this.#context)) return false;
    }
    return met.doubtful.length === 0 || this.#doubtful.hold(rule, met, packet);
  }

  #passOver(from: number, to: number, depth: number, packet: PacketInFlight): void {
    for (let number = from; number < to; number++) {
      const { rule } = this.#program.rules[number]!;
      this.#journal.passedOver(number, depth, firstFailure(rule, packet, this.#context));
    }
  }
}

/** Whether the address is in the set, or with a number below 0 is not. */
function inSet(sets: AddressSets, number: number, address: IpAddress): boolean {
  return number > 0 ? sets.has(number, address) : !sets.has(-number, address);
}
