import type { Extension } from '../extension.ts';
import { auditTarget } from './audit.ts';
import { checksumTarget } from './checksum.ts';
import { classifyTarget } from './classify.ts';
import { connmarkTarget } from './connmark.ts';
import { ctExtension } from './ct.ts';
import { dscpTarget } from './dscp.ts';
import { hlTargetExtension, ttlTargetExtension } from './hop-limit.ts';
import { logExtension } from './log.ts';
import { markTargetExtension } from './mark.ts';
import { masqueradeExtension } from './masquerade-range.ts';
import { dnatExtension, snatExtension } from './nat-range.ts';
import { netmapTarget } from './netmap.ts';
import { nflogTarget } from './nflog.ts';
import { notrackExtension } from './notrack.ts';
import { redirectTarget } from './redirect.ts';
import { rejectExtension } from './reject.ts';
import { setTarget } from './set.ts';
import type { Target } from './target.ts';
import { tcpmssTarget } from './tcpmss.ts';
import { teeTarget } from './tee.ts';
import { tosTarget } from './tos.ts';
import { tproxyTarget } from './tproxy.ts';
import { traceTarget } from './trace.ts';

/** What can stand behind `-j` beside chains and verdicts, the one list of what has a kind of its own. */
const EXTENSIONS: readonly Extension<Target>[] = [
  ctExtension,
  dnatExtension,
  snatExtension,
  masqueradeExtension,
  markTargetExtension,
  notrackExtension,
  rejectExtension,
  logExtension,
  ttlTargetExtension,
  hlTargetExtension,
  auditTarget,
  checksumTarget,
  classifyTarget,
  connmarkTarget,
  dscpTarget,
  netmapTarget,
  nflogTarget,
  redirectTarget,
  setTarget,
  tcpmssTarget,
  teeTarget,
  tosTarget,
  tproxyTarget,
  traceTarget,
];

const BY_NAME: ReadonlyMap<string, Extension<Target>> = new Map(
  EXTENSIONS.map((extension) => [extension.name, extension]),
);

/** How the options behind `-j NAME` are read; undefined for a target that is not known here. */
export function findTargetExtension(name: string): Extension<Target> | undefined {
  return BY_NAME.get(name);
}
