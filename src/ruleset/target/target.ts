import type { Definition, RuleContext } from '../definition.ts';
import { type GotoTarget, gotoTarget, type JumpTarget, jumpTarget } from './chain-call.ts';
import { type LogTarget, logTarget } from './log.ts';
import { type MarkTarget, markTarget } from './mark.ts';
import {
  type DnatTarget,
  dnatTarget,
  type MasqueradeTarget,
  masqueradeTarget,
  type SnatTarget,
  snatTarget,
} from './nat.ts';
import { type NotrackTarget, notrackTarget } from './notrack.ts';
import { type OpaqueTarget, opaqueTarget } from './opaque.ts';
import { type RejectTarget, rejectTarget } from './reject.ts';
import {
  type AcceptTarget,
  acceptTarget,
  type DropTarget,
  dropTarget,
  type ReturnTarget,
  returnTarget,
} from './verdict.ts';

/** What a rule does with a packet that it matches. */
export type Target =
  | AcceptTarget
  | DropTarget
  | ReturnTarget
  | JumpTarget
  | GotoTarget
  | MarkTarget
  | NotrackTarget
  | RejectTarget
  | LogTarget
  | DnatTarget
  | SnatTarget
  | MasqueradeTarget
  | OpaqueTarget;

type Definitions = {
  readonly [Kind in Target['kind']]: Definition<Extract<Target, { kind: Kind }>>;
};

/** The definition of every kind of target; the one list of them. */
const TARGETS: Definitions = {
  accept: acceptTarget,
  drop: dropTarget,
  return: returnTarget,
  jump: jumpTarget,
  goto: gotoTarget,
  mark: markTarget,
  notrack: notrackTarget,
  reject: rejectTarget,
  log: logTarget,
  dnat: dnatTarget,
  snat: snatTarget,
  masquerade: masqueradeTarget,
  opaque: opaqueTarget,
};

/** What the kernel would refuse about a target in its rule; undefined when nothing. */
export function validateTarget(target: Target, context: RuleContext): string | undefined {
  return definitionOf(target).validate(target, context);
}

/** A target with its options, in the stored form that iptables-save prints. */
export function renderTarget(target: Target, context: RuleContext): string {
  return definitionOf(target).render(target, context);
}

// The list's type ties each definition to its kind; the compiler cannot follow that through one look-up of a union.
function definitionOf(target: Target): Definition<Target> {
  return TARGETS[target.kind] as Definition<Target>;
}
