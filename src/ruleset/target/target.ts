import type { Definition, RuleContext } from '../definition.ts';
import { type AuditTarget, auditTarget } from './audit.ts';
import { type GotoTarget, gotoTarget, type JumpTarget, jumpTarget } from './chain-call.ts';
import { type ChecksumTarget, checksumTarget } from './checksum.ts';
import { type ClassifyTarget, classifyTarget } from './classify.ts';
import { type ConnmarkTarget, connmarkTarget } from './connmark.ts';
import { type CtTarget, ctTarget } from './ct.ts';
import { type DscpTarget, dscpTarget } from './dscp.ts';
import { type HopLimitTarget, hopLimitTarget } from './hop-limit.ts';
import { type LogTarget, logTarget } from './log.ts';
import { type MarkTarget, markTarget } from './mark.ts';
import { type MasqueradeRangeTarget, masqueradeRangeTarget } from './masquerade-range.ts';
import {
  type DnatTarget,
  dnatTarget,
  type MasqueradeTarget,
  masqueradeTarget,
  type SnatTarget,
  snatTarget,
} from './nat.ts';
import {
  type DnatRangeTarget,
  dnatRangeTarget,
  type SnatRangeTarget,
  snatRangeTarget,
} from './nat-range.ts';
import { type NetmapTarget, netmapTarget } from './netmap.ts';
import { type NflogTarget, nflogTarget } from './nflog.ts';
import { type NotrackTarget, notrackTarget } from './notrack.ts';
import { type OpaqueTarget, opaqueTarget } from './opaque.ts';
import { type RedirectTarget, redirectTarget } from './redirect.ts';
import { type RejectTarget, rejectTarget } from './reject.ts';
import { type SetTarget, setTarget } from './set.ts';
import { type TcpmssTarget, tcpmssTarget } from './tcpmss.ts';
import { type TeeTarget, teeTarget } from './tee.ts';
import { type TosTarget, tosTarget } from './tos.ts';
import { type TproxyTarget, tproxyTarget } from './tproxy.ts';
import { type TraceTarget, traceTarget } from './trace.ts';
import { type UnknownTarget, unknownTarget } from './unknown.ts';
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
  | OpaqueTarget
  | AuditTarget
  | ChecksumTarget
  | ClassifyTarget
  | ConnmarkTarget
  | CtTarget
  | DscpTarget
  | HopLimitTarget
  | MasqueradeRangeTarget
  | DnatRangeTarget
  | SnatRangeTarget
  | NetmapTarget
  | NflogTarget
  | RedirectTarget
  | SetTarget
  | TcpmssTarget
  | TeeTarget
  | TosTarget
  | TproxyTarget
  | TraceTarget
  | UnknownTarget;

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
  audit: auditTarget,
  checksum: checksumTarget,
  classify: classifyTarget,
  connmark: connmarkTarget,
  ct: ctTarget,
  dscp: dscpTarget,
  'hop-limit': hopLimitTarget,
  'masquerade-range': masqueradeRangeTarget,
  'dnat-range': dnatRangeTarget,
  'snat-range': snatRangeTarget,
  netmap: netmapTarget,
  nflog: nflogTarget,
  redirect: redirectTarget,
  set: setTarget,
  tcpmss: tcpmssTarget,
  tee: teeTarget,
  tos: tosTarget,
  tproxy: tproxyTarget,
  trace: traceTarget,
  'unknown-target': unknownTarget,
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
