import type { NodeModel } from '../../scenario/node-model.ts';
import type { Paint } from './style.ts';

/** What one line of the header says: of what, its value, and why. */
type HeaderRow = readonly [subject: string, value: string, why: string];

/** Which node the packets meet, with which Calico version and whose machine, and why; ends with a line break. */
export function renderModelHeader(model: NodeModel, paint: Paint): string {
  return headerRows(model)
    .map(
      ([name, value, why]) =>
        `${paint(name.padEnd(9), 'dim')}${value} ${paint(`(${why})`, 'dim')}\n`,
    )
    .join('');
}

/** The same for standard error, where the result itself has no place for it. */
export function renderModelNotes(model: NodeModel): string {
  return headerRows(model)
    .map(([name, value, why]) => `note: ${name} ${value} (${why})\n`)
    .join('');
}

function headerRows(model: NodeModel): readonly HeaderRow[] {
  const { choice, resources, host } = model;
  const rows: HeaderRow[] = [['node', choice.node, choice.reason]];
  if (!model.asIs) rows.push(['calico', resources.version, resources.versionReason]);
  if (host.derived) {
    rows.push([
      'host',
      'derived',
      'no Host document describes the node: one interface an endpoint, forwarding on',
    ]);
  }
  for (const { value, why } of model.hostRulesNotes()) rows.push(['rules', value, why]);
  for (const { endpoint, reason } of model.asIs ? [] : model.policy.inactiveEndpoints) {
    rows.push(['inactive', endpoint.metadata.name, reason]);
  }
  return rows;
}
