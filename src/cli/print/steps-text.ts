import { renderRule } from '../../ruleset/render-ruleset.ts';
import type { RuleMeaning } from '../../ruleset/rule-meaning.ts';
import type { Rule } from '../../ruleset/ruleset.ts';
import type { TraceStep } from '../../simulate/packet-result.ts';
import { assertNever } from '../../source/never.ts';
import type { ChainLabel } from './chain-labels.ts';
import { printable } from './excerpt.ts';
import type { Paint, Style } from './style.ts';

/** One line of a trace, in columns. */
interface Row {
  /** What a line starts with; its width takes part in no column. */
  readonly heading?: string;
  readonly indent: number;
  readonly cells: readonly string[];
  readonly styles: readonly (readonly Style[])[];
}

/** The widest that a column may become before the next one is pushed to the right. */
const WIDEST = [44, 40] as const;

/** What the steps are printed with. */
export interface StepsPrinting {
  readonly paint: Paint;
  readonly labelOf: ChainLabel;
  /** Also the rules that change nothing, such as one that clears a mark which is not set. */
  readonly everything: boolean;
}

/** The steps of a packet's way as aligned lines: a heading for each hook, then its tables and rules. */
export function renderSteps(
  steps: readonly TraceStep[],
  { paint, labelOf, everything }: StepsPrinting,
): readonly string[] {
  const rows: Row[] = [];
  let table = '';
  let mark = '';
  const arrived = steps.find((step) => step.kind === 'hook')?.inInterface !== '';
  for (const step of steps) {
    if (step.kind === 'rule' && step.rule.target?.kind === 'mark') {
      const same = step.effect === mark || (mark === '' && step.effect === 'mark 0x0');
      mark = step.effect;
      if (same && !everything && step.rule.meaning === undefined) continue;
    }
    if (step.kind === 'hook' || step.kind === 'route') table = '';
    if ('table' in step && step.table !== table) {
      table = step.table;
      rows.push({ heading: table, indent: 1, cells: [], styles: [['dim']] });
    }
    rows.push(step.kind === 'route' ? routeRow(step, arrived) : rowOf(step, labelOf));
  }
  return alignRows(rows, paint);
}

function rowOf(step: Exclude<TraceStep, { kind: 'route' }>, labelOf: ChainLabel): Row {
  switch (step.kind) {
    case 'hook': {
      const way = [
        step.inInterface === '' ? '' : `in ${step.inInterface}`,
        step.outInterface === '' ? '' : `out ${step.outInterface}`,
      ].filter((part) => part !== '');
      return {
        heading: `${step.hook.toUpperCase()}${way.length > 0 ? `  ${way.join(' ')}` : ''}`,
        indent: 0,
        cells: [],
        styles: [['bold']],
      };
    }
    case 'rule':
      return ruleRow(step, labelOf(step.table, step.rule));
    case 'passed-over':
      return {
        indent: 2 + step.depth,
        cells: [
          `${step.chain} ${step.ruleNumber}`,
          'no match',
          `${step.failed}${aside(step.rule)}`,
        ],
        styles: [['dim'], ['dim'], ['dim']],
      };
    case 'chain-policy':
      return {
        indent: 2,
        cells: [step.chain, `policy ${step.verdict}`, ''],
        styles: [[], step.verdict === 'drop' ? ['red'] : [], []],
      };
    case 'conntrack':
      return named('conntrack', step.state, step.detail);
    case 'nat': {
      const what = step.side === 'destination' ? 'DNAT' : 'SNAT';
      return named(what, `${step.before} -> ${step.after}`, step.detail);
    }
    case 'mark':
      return named('mark', `0x${step.mark.toString(16)}`, step.detail);
    case 'note':
      return named('note', '', step.detail);
    default:
      return assertNever(step);
  }
}

/** `arrived`: the packet came in by an interface; what a process of the host sends is routed out, not forwarded. */
function routeRow(step: Extract<TraceStep, { kind: 'route' }>, arrived: boolean): Row {
  const { outcome } = step;
  const onward = arrived ? 'forward' : 'out';
  const where =
    outcome === 'local' ? 'to this host' : outcome === 'forward' ? onward : String(outcome);
  return {
    heading: `ROUTE  ${where}: ${printable(step.detail)}`,
    indent: 0,
    cells: [],
    styles: [outcome === 'drop' || outcome === 'reject' ? ['red'] : ['bold']],
  };
}

function ruleRow(step: Extract<TraceStep, { kind: 'rule' }>, label: string | undefined): Row {
  // Rules that only lead to others stay in the background, so that those that decide stand out.
  const leads = step.rule.meaning === undefined;
  const background: readonly Style[] = leads ? ['dim'] : [];
  return {
    indent: 2 + step.depth,
    cells: [`${step.chain} ${step.ruleNumber}`, step.effect, label ?? ruleWords(step.rule)],
    styles: [
      background,
      [...background, ...effectStyle(step.effect)],
      label === undefined && !leads ? ['bold'] : ['cyan'],
    ],
  };
}

function named(what: string, value: string, detail: string): Row {
  return { indent: 1, cells: [what, value, detail], styles: [['yellow'], ['yellow'], []] };
}

function effectStyle(effect: string): readonly Style[] {
  if (/^(?:drop|reject)/.test(effect)) return ['red'];
  return /^accept/.test(effect) ? ['green'] : [];
}

/** What a rule means and where it is written; a rule that only prepares is shown as it stands in the kernel. */
function ruleWords(rule: Rule): string {
  const place = rule.origin === undefined ? '' : `${rule.origin.file}:${rule.origin.line}`;
  if (rule.meaning === undefined) {
    // A rule of ours that only prepares is found by its line; one of the host's own is what it says.
    const text = place === '' || !isOwnComment(rule) ? kernelText(rule) : '';
    return [text, place].filter((part) => part !== '').join('  ');
  }
  const words = meaningText(rule.meaning);
  return place === '' ? words : `${words}  ${place}`;
}

function isOwnComment({ comment }: Rule): boolean {
  return comment?.startsWith('hep:') === true;
}

function aside(rule: Rule): string {
  if (rule.meaning === undefined) return '';
  return `  (${ruleWords(rule)})`;
}

function kernelText(rule: Rule): string {
  if (rule.matches.length === 0) return '';
  // The family only matters for names of ICMP and REJECT types, which rules without a meaning of their own do not have.
  const matches = rule.matches.filter(({ kind }) => kind !== 'comment');
  return printable(renderRule({ ...rule, matches, target: undefined, comment: undefined }, 4));
}

function meaningText(meaning: RuleMeaning): string {
  switch (meaning.kind) {
    case 'policy':
      return `policy ${meaning.policy}, ${meaning.direction} rule ${meaning.ruleIndex}: ${meaning.action}`;
    case 'profile':
      return `profile ${meaning.profile}, ${meaning.direction} rule ${meaning.ruleIndex}: ${meaning.action}`;
    case 'failsafe':
      return `failsafe port, ${meaning.direction}`;
    case 'default':
      return meaning.tier === undefined
        ? 'default: no rule matched'
        : `end of tier ${meaning.tier}: no rule matched`;
    case 'conntrack':
      return 'connection tracking';
    case 'workload':
      return 'workload rule';
    case 'tunnel':
      return "Calico's own tunnels";
    default:
      return assertNever(meaning);
  }
}

function alignRows(rows: readonly Row[], paint: Paint): readonly string[] {
  const widths = WIDEST.map((widest, column) =>
    Math.min(
      widest,
      Math.max(0, ...rows.map((row) => (row.cells[column]?.length ?? -1) + leftOf(row, column))),
    ),
  );
  return rows.map((row) => {
    const indent = '  '.repeat(row.indent);
    if (row.heading !== undefined)
      return `${indent}${paint(row.heading, ...(row.styles[0] ?? []))}`;
    const last = row.cells.findLastIndex((cell) => cell !== '');
    const cells = row.cells.slice(0, last + 1).map((cell, column) => {
      const padding = (widths[column] ?? 0) - cell.length - leftOf(row, column);
      const painted = paint(cell, ...(row.styles[column] ?? []));
      return column === last ? painted : painted + ' '.repeat(Math.max(0, padding));
    });
    return `${indent}${cells.join('  ')}`;
  });
}

/** The indent belongs to the first column, so that the second one starts at the same place everywhere. */
function leftOf(row: Row, column: number): number {
  return column === 0 ? row.indent * 2 : 0;
}
