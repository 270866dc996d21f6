import { readFileSync } from 'node:fs';
import type { IpFamily } from '../address/ip-address.ts';
import type { KernelError } from '../source/errors.ts';
import type { Missing, RemarkSpec } from './host-spec.ts';
import { attemptProgram, type ProgramOutcome } from './run-program.ts';

/** The two builds of iptables. */
export type IptablesBuild = 'nft' | 'legacy';

/** The rules of one family. */
export interface FirewallText {
  /** As the build's iptables-save prints them, without comments; empty where there are none. */
  readonly text: string;
  /** The build whose rules these are; undefined where neither has any. */
  readonly build: IptablesBuild | undefined;
  /** Tables that only `nft` can show. */
  readonly incompatible: readonly string[];
}

/** What the save programs of both builds have printed, and `ipset save`. */
export interface SavedFirewall {
  readonly rules: Readonly<Record<IptablesBuild, Readonly<Record<IpFamily, string>>>>;
  readonly sets: string;
}

const TOOL: Readonly<Record<IpFamily, string>> = { 4: 'iptables', 6: 'ip6tables' };
const LEGACY_TABLES: Readonly<Record<IpFamily, string>> = {
  4: '/proc/net/ip_tables_names',
  6: '/proc/net/ip6_tables_names',
};
const INCOMPATIBLE = /^# Table `([^']+)' is incompatible/gm;

/**
 * The rules of one family, of the build that has any. Where both have, those of nft, and a remark: a packet must pass both
 * (netfilter-facts 7.4). Legacy tables that were never loaded are not loaded for the asking. Nobody is asked for what is `saved` already.
 */
export function readFirewall(
  family: IpFamily,
  notes: { readonly missing: Missing[]; readonly remarks: RemarkSpec[] },
  saved?: SavedFirewall,
): FirewallText {
  const outputOf = (build: IptablesBuild): ProgramOutcome =>
    saved === undefined
      ? attemptProgram(`${TOOL[family]}-${build}-save`, [])
      : { kind: 'ran', stdout: saved.rules[build][family], stderr: '' };
  const nft = outputOf('nft');
  const legacy = hasLegacyTables(family) ? outputOf('legacy') : undefined;
  const outcomes = [nft, legacy].filter((one) => one !== undefined);
  const isAbsent = outcomes.every(
    (one) => one.kind === 'failed' && one.error.code === 'missing-program',
  );
  // An installation of one build alone has the plain name.
  if (isAbsent) return plainFirewall(family, notes);
  for (const one of outcomes) noteFailure(one, `${TOOL[family]} rules`, notes.missing);
  const texts = { nft: savedText(nft), legacy: savedText(legacy) };
  const incompatible = incompatibleTables(nft);
  if (hasContent(texts.nft) && hasContent(texts.legacy)) {
    const tool = TOOL[family];
    notes.remarks.push({ what: `rules of ${tool}-legacy beside those of ${tool}-nft`, family });
  }
  if (hasContent(texts.nft)) return { text: texts.nft, build: 'nft', incompatible };
  if (hasContent(texts.legacy)) return { text: texts.legacy, build: 'legacy', incompatible };
  return { text: '', build: undefined, incompatible };
}

function plainFirewall(family: IpFamily, notes: { readonly missing: Missing[] }): FirewallText {
  const outcome = attemptProgram(`${TOOL[family]}-save`, []);
  noteFailure(outcome, `${TOOL[family]} rules`, notes.missing);
  const text = savedText(outcome);
  const version = attemptProgram(TOOL[family], ['--version']);
  const isNft = version.kind === 'ran' && version.stdout.includes('nf_tables');
  const incompatible = incompatibleTables(outcome);
  if (!hasContent(text)) return { text: '', build: undefined, incompatible };
  return { text, build: isNft ? 'nft' : 'legacy', incompatible };
}

/** Whether tables of the legacy build are loaded. Unreadable counts as there: then the tool says what is wrong. */
export function hasLegacyTables(family: IpFamily): boolean {
  try {
    return readFileSync(LEGACY_TABLES[family], 'utf8').trim() !== '';
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

function savedText(outcome: ProgramOutcome | undefined): string {
  if (outcome?.kind !== 'ran') return '';
  const lines = outcome.stdout.split('\n').filter((line) => !line.startsWith('#'));
  return lines.join('\n');
}

function incompatibleTables(outcome: ProgramOutcome): readonly string[] {
  if (outcome.kind === 'failed') return [];
  const said = `${outcome.stdout}\n${outcome.stderr}`;
  return [...said.matchAll(INCOMPATIBLE)].map(([, table]) => table as string);
}

/** Whether the rules can do anything: there is one, or a base chain that drops. */
function hasContent(text: string): boolean {
  return /^(\[\d+:\d+\] )?-A |^:\S+ DROP/m.test(text);
}

/** Says of a program that failed what is missing for it; without the program there may be nothing to miss. */
export function noteFailure(outcome: ProgramOutcome, what: string, missing: Missing[]): void {
  if (outcome.kind === 'ran') return;
  const why = failureReason(outcome.error);
  if (!missing.some((one) => one.what === what && one.why === why)) missing.push({ what, why });
}

function failureReason(error: KernelError): string {
  if (error.code === 'missing-program') return error.message;
  if (error.code === 'not-permitted') return `${error.command[0]} needs root`;
  return error.message.split('\n')[0] as string;
}
