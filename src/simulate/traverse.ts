import type { IpAddress } from '../address/ip-address.ts';
import type { Choices } from './choices.ts';
import { firstFailure } from './explain-match.ts';
import type { Journal } from './journal.ts';
import { type MatchContext, matches, stateBits } from './match-evaluation.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';
import { DO } from './rule-columns.ts';
import type { RuleProgram } from './rule-program.ts';
import { AddressSets } from './set-membership.ts';

/** How a base chain ended for a packet. */
export type WalkEnd = 'accept' | 'drop' | 'reject' | 'translate';

/**
 * Walks base chains for packets, recording every rule that matched.
 *
 * Rules are decided by the program's columns; only where these say yes and more must be asked are the matches themselves looked at.
 */
export class ChainWalker {
  readonly #program: RuleProgram;
  readonly #context: MatchContext;
  readonly #journal: Journal;
  readonly #choices: Choices;
  readonly #sourceSets: AddressSets;
  readonly #destinationSets: AddressSets;
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
    this.#sourceSets = new AddressSets(program.membership);
    this.#destinationSets = new AddressSets(program.membership);
    this.#stackNext = new Int32Array(program.chains.length + 1);
    this.#stackEnd = new Int32Array(program.chains.length + 1);
  }

  /** Runs the packet through the base chain with this number. */
  walk(chainNumber: number, packet: PacketInFlight): WalkEnd {
    const { chains, columns } = this.#program;
    const { operation, operand, operand2 } = columns;
    const stackNext = this.#stackNext;
    const stackEnd = this.#stackEnd;
    let depth = 0;
    let at = chains[chainNumber]!.first;
    let end = chains[chainNumber]!.end;
    for (;;) {
      at = this.#firstMatch(at, end, packet, depth);
      if (at === end) {
        if (depth === 0) return this.#policy(chainNumber);
        depth--;
        at = stackNext[depth]!;
        end = stackEnd[depth]!;
        continue;
      }
      const rule = at++;
      this.#journal.rule(rule, depth);
      switch (operation[rule]) {
        case DO.jump: {
          stackNext[depth] = at;
          stackEnd[depth] = end;
          depth++;
          const target = chains[operand[rule]!]!;
          at = target.first;
          end = target.end;
          break;
        }
        case DO.goto: {
          // The frame is not pushed: the target's end returns to whoever called the chain that holds the goto.
          const target = chains[operand[rule]!]!;
          at = target.first;
          end = target.end;
          break;
        }
        case DO.return:
          at = end;
          break;
        case DO.mark:
          packet.mark = ((packet.mark & ~operand2[rule]!) ^ operand[rule]!) >>> 0;
          break;
        case DO.nothing:
          break;
        case DO.notrack:
          // Without effect on a packet that has its connection already (local to local, second half).
          if (packet.state === undefined) packet.noTrack = true;
          break;
        case DO.opaque:
          this.#meetOpaque(rule);
          break;
        default:
          this.endedBy = rule;
          return this.#end(rule);
      }
    }
  }

  /** The first rule from `at` that the packet matches, or `end`. HOT */
  #firstMatch(at: number, end: number, packet: PacketInFlight, depth: number): number {
    const program = this.#program;
    const {
      protocol,
      markMask,
      markValue,
      sourceMask,
      source,
      destinationMask,
      destination,
      portFirst,
      portLast,
      rangesFrom,
      rangesTo,
      inInterface,
      outInterface,
      states,
      sourceSet,
      destinationSet,
      more,
    } = program.columns;
    const explaining = this.#journal.explaining;
    const packetMark = packet.mark | 0;
    const packetProtocol = packet.protocol;
    const packetSource = packet.source.w3 | 0;
    const packetDestination = packet.destination.w3 | 0;
    const packetPort = packet.destinationPort;
    const packetStates = stateBits(packet);
    const packetIn = program.interfaceNumber(packet.inInterface);
    const packetOut = program.interfaceNumber(packet.outInterface);
    for (let i = at; i < end; i++) {
      if (
        (packetMark & markMask[i]!) === markValue[i]! &&
        (protocol[i]! === packetProtocol || protocol[i]! === -1) &&
        (packetDestination & destinationMask[i]!) === destination[i]! &&
        (packetSource & sourceMask[i]!) === source[i]! &&
        packetPort >= portFirst[i]! &&
        packetPort <= portLast[i]! &&
        (inInterface[i]! === 0 || inInterface[i]! === packetIn) &&
        (outInterface[i]! === 0 || outInterface[i]! === packetOut) &&
        (packetStates & states[i]!) !== 0 &&
        (rangesFrom[i]! === rangesTo[i]! || this.#inRanges(i, packetPort)) &&
        (sourceSet[i]! === 0 || inSet(this.#sourceSets, sourceSet[i]!, packet.source)) &&
        (destinationSet[i]! === 0 ||
          inSet(this.#destinationSets, destinationSet[i]!, packet.destination)) &&
        (more[i]! === 0 || this.#restMatches(i, packet))
      ) {
        return i;
      }
      if (explaining) this.#passOver(i, depth, packet);
    }
    return end;
  }

  #inRanges(rule: number, port: number): boolean {
    const { ranges, rangesFrom, rangesTo } = this.#program.columns;
    const end = rangesTo[rule]!;
    for (let i = rangesFrom[rule]!; i < end; i += 2) {
      if (port >= ranges[i]! && port <= ranges[i + 1]!) return true;
    }
    return false;
  }

  #end(rule: number): WalkEnd {
    switch (this.#program.columns.operation[rule]) {
      case DO.accept:
        return 'accept';
      case DO.drop:
        return 'drop';
      case DO.reject:
        return 'reject';
      default:
        return 'translate';
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

/** Whether the address is in the set, or with a number below 0 is not. */
function inSet(sets: AddressSets, number: number, address: IpAddress): boolean {
  return number > 0 ? sets.has(number, address) : !sets.has(-number, address);
}
