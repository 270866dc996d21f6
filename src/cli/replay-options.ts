import { LOCAL } from '../packet/packet.ts';
import { type FilterTerm, parseTerm } from '../replay/packet-filter.ts';
import type { ReplaySummary } from '../replay/summary.ts';
import { VERDICTS } from '../replay/tally.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import { nearestName } from '../source/nearest-name.ts';
import type { AssumeOptions } from './assume-option.ts';
import type { DocumentOptions, PrintOptions } from './common-options.ts';

export interface ReplayCommandOptions extends DocumentOptions, PrintOptions, AssumeOptions {
  readonly asIs?: boolean;
  readonly in?: string;
  readonly ignoreChecksums?: boolean;
  readonly assumeEstablished?: boolean;
  readonly only?: string;
  readonly filter: readonly string[];
  readonly flows?: boolean;
  readonly write?: string;
  readonly against: readonly string[];
  readonly failOn?: string;
  readonly merge?: boolean;
  readonly output: string;
}

/** What `--fail-on` can name beside verdicts. */
const UNATTRIBUTED = 'unattributed';

/** The terms of `--only` and `--filter`. @throws UsageError */
export function filterTerms({ only, filter }: ReplayCommandOptions): readonly FilterTerm[] {
  const terms: FilterTerm[] = [];
  if (only !== undefined) {
    const values = words('--only', only, VERDICTS);
    terms.push({
      field: 'verdict',
      values: values.map((text) => ({ kind: 'text', text })),
      negated: false,
    });
  }
  for (const text of filter.flatMap((one) => one.split(','))) {
    const parsed = parseTerm(text);
    if (parsed.kind === 'problem') throw new UsageError(`--filter: ${parsed.message}`, parsed.hint);
    terms.push(parsed.term);
  }
  return terms;
}

/** What `--fail-on` names. @throws UsageError */
export function failOnWords({ failOn }: ReplayCommandOptions): readonly string[] {
  return failOn === undefined ? [] : words('--fail-on', failOn, [...VERDICTS, UNATTRIBUTED]);
}

function words(option: string, text: string, known: readonly string[]): readonly string[] {
  const given = text.split(',').map((word) => word.trim());
  for (const word of given) {
    if (known.includes(word)) continue;
    const near = nearestName(word, known);
    throw new UsageError(
      `${option}: \`${word}\` is not one of ${known.join(', ')}`,
      near === undefined ? undefined : `Did you mean \`${near}\`?`,
    );
  }
  return given;
}

/** @throws UsageError for an interface that the host does not have. */
export function checkInterface(name: string | undefined, { host }: NodeModel): void {
  if (name === undefined || name === LOCAL) return;
  const names = host.interfaces.map((one) => one.name);
  if (names.includes(name)) return;
  const near = nearestName(name, [...names, LOCAL]);
  throw new UsageError(
    `--in: the host has no interface \`${name}\``,
    near === undefined ? `It has ${names.slice(0, 8).join(', ')}.` : `Did you mean \`${near}\`?`,
  );
}

/** Whether the summary has any packet of what `--fail-on` names. */
export function hasFailed(summary: ReplaySummary, failOn: readonly string[]): boolean {
  return failOn.some((word) =>
    word === 'unattributed'
      ? Object.values(summary.unattributed).some((count) => count > 0)
      : summary.verdicts[word as keyof ReplaySummary['verdicts']] > 0,
  );
}
