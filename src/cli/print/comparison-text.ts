import type { ComparisonSummary } from '../../replay/comparison.ts';
import type { OutcomeGroup } from '../../replay/outcomes.ts';
import { printable } from './excerpt.ts';
import { count, decisionLine } from './replay-text.ts';
import type { Paint } from './style.ts';
import { VERDICT_STYLE } from './verdict-style.ts';

/** What changes between two policies, for people: one paragraph for each pair of what decides with either. */
export function renderComparison(summary: ComparisonSummary, paint: Paint): string {
  const { packets, changedPackets, changedFlows, changes } = summary;
  if (changes.length === 0) return `no verdict changes (${count(packets, 'packet')})\n`;
  const head = paint(
    `${count(changedFlows, 'flow')} ${changedFlows === 1 ? 'changes its' : 'change their'} verdict (${changedPackets} of ${count(packets, 'packet')})`,
    'bold',
  );
  const paragraphs = changes.map((change) =>
    [
      `${verdictOf(change.given, paint)} -> ${verdictOf(change.against, paint)}  ${count(change.flows, 'flow')}, ${count(change.packets, 'packet')}, ${count(change.bytes, 'byte')}`,
      `  -f:        ${decisionLine(change.given.decision)}`,
      `  --against: ${decisionLine(change.against.decision)}`,
      ...change.examples.map((flow) => `  ${paint('e.g.', 'dim')} ${printable(flow)}`),
    ].join('\n'),
  );
  return `${[head, ...paragraphs].join('\n\n')}\n`;
}

function verdictOf({ verdict }: OutcomeGroup, paint: Paint): string {
  return paint(verdict, 'bold', VERDICT_STYLE[verdict]);
}
