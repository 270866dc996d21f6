import type { NodeModel } from '../../scenario/node-model.ts';
import type { Paint } from './style.ts';

/** Which node the packets meet, with which Calico version and whose machine, and why; ends with a line break. */
export function renderModelHeader(model: NodeModel, paint: Paint): string {
  const { choice, resources, host } = model;
  const rows: [string, string, string][] = [
    ['node', choice.node, choice.reason],
    ['calico', resources.version, resources.versionReason],
  ];
  if (host.derived) {
    rows.push([
      'host',
      'derived',
      'no Host document describes the node: one interface an endpoint, forwarding on',
    ]);
  }
  for (const { endpoint, reason } of model.policy.inactiveEndpoints) {
    rows.push(['inactive', endpoint.metadata.name, reason]);
  }
  return rows
    .map(
      ([name, value, why]) =>
        `${paint(name.padEnd(9), 'dim')}${value} ${paint(`(${why})`, 'dim')}\n`,
    )
    .join('');
}
