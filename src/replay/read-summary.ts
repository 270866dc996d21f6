import type { ReplaySummary } from './summary.ts';
import { VERDICTS } from './tally.ts';

/** A summary as `replay -o json` printed it, or why the text is none. */
export type ReadSummary =
  | { readonly kind: 'summary'; readonly summary: ReplaySummary }
  | { readonly kind: 'problem'; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

/** Reads a summary back. What has no place in it is passed over. */
export function readSummary(text: string): ReadSummary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem(`not JSON: ${(error as Error).message}`);
  }
  const wrong = whyNoSummary(value);
  if (wrong !== undefined) return problem(wrong);
  return { kind: 'summary', summary: value as ReplaySummary };
}

function problem(message: string): ReadSummary {
  return { kind: 'problem', message };
}

function whyNoSummary(value: unknown): string | undefined {
  if (!isFields(value)) return 'not the summary of a replay';
  for (const name of ['packets', 'bytes', 'flows']) {
    if (!isCount(value[name])) return `\`${name}\` is no count`;
  }
  for (const name of ['verdicts', 'unattributed', 'ignored', 'attributedBy', 'undetermined']) {
    if (!isCounts(value[name])) return `\`${name}\` does not hold counts`;
  }
  if (value.leftOut !== undefined && !isCount(value.leftOut)) return '`leftOut` is no count';
  const { verdicts, byVerdict, captures, decisions, topDropped } = value;
  for (const verdict of VERDICTS) {
    if (!isCount((verdicts as Fields)[verdict])) return `\`verdicts.${verdict}\` is no count`;
    if (!isFields(byVerdict) || !hasCounts(byVerdict[verdict])) {
      return `\`byVerdict.${verdict}\` does not hold counts`;
    }
  }
  if (!Array.isArray(captures) || !captures.every(isCapture)) return '`captures` are no captures';
  if (!Array.isArray(decisions) || !decisions.every(isDecision)) {
    return '`decisions` are no decisions';
  }
  return isTopDropped(topDropped) ? undefined : '`topDropped` does not hold addresses';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isCounts(value: unknown): boolean {
  return isFields(value) && Object.values(value).every(isCount);
}

function hasCounts(value: unknown): boolean {
  return isFields(value) && ['packets', 'bytes', 'flows'].every((name) => isCount(value[name]));
}

function isCapture(value: unknown): boolean {
  return (
    isFields(value) &&
    typeof value.file === 'string' &&
    typeof value.format === 'string' &&
    Array.isArray(value.linkTypes) &&
    isCount(value.packets) &&
    isCount(value.bytes) &&
    isCount(value.problemCount) &&
    Array.isArray(value.problems) &&
    value.problems.every(isProblem)
  );
}

function isProblem(value: unknown): boolean {
  return (
    isFields(value) &&
    isCount(value.frame) &&
    isCount(value.offset) &&
    typeof value.message === 'string'
  );
}

function isDecision(value: unknown): boolean {
  return (
    hasCounts(value) &&
    isFields(value) &&
    VERDICTS.some((verdict) => verdict === value.verdict) &&
    isFields(value.decision) &&
    typeof value.decision.kind === 'string'
  );
}

function isTopDropped(value: unknown): boolean {
  return (
    isFields(value) &&
    isCount(value.missing) &&
    [value.sources, value.destinations].every(isTalkers)
  );
}

function isTalkers(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((one) => isFields(one) && typeof one.address === 'string' && isCount(one.packets))
  );
}
