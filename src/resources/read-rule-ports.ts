import { isScalar } from 'yaml';
import { parsePortRange } from '../address/port-range.ts';
import { isNamedBy, PORT_NAME } from './calico-names.ts';
import type { CalicoApi } from './metadata.ts';
import type { RulePort } from './policy-rule.ts';
import { placeholderHint } from './read-metadata.ts';
import type { Fields } from './reading/fields.ts';
import { describeNode } from './reading/wording.ts';

const NONE: readonly RulePort[] = [];

/**
 * Reads a list of ports: numbers, `"80"`, ranges `"1000:2000"`, and in the current API names. Port 0 is not allowed.
 *
 * Source: api/pkg/lib/numorstring/port.go, and validatePort of both validators.
 */
export function readRulePorts(fields: Fields, name: string, api: CalicoApi): readonly RulePort[] {
  if (!fields.has(name)) return NONE;
  const nodes = fields.list(name);
  // An array that is as long as it must be; one that grows has room for more.
  const all = nodes.map((node) => (isScalar(node) ? portOf(node.value, api) : undefined));
  if (all.every((port) => port !== undefined)) return all;
  const ports: RulePort[] = [];
  for (const node of nodes) {
    const value = isScalar(node) ? node.value : undefined;
    const port = portOf(value, api);
    if (port !== undefined) ports.push(port);
    else {
      fields.problem(
        'invalid-value',
        fields.context.locateNode(node),
        `an element of \`${name}\` is ${describeNode(node)}`,
        hintFor(value, api),
      );
    }
  }
  return ports;
}

function portOf(value: unknown, api: CalicoApi): RulePort | undefined {
  if (typeof value === 'string') return parseRulePort(value, api);
  // What is no whole number is no name either, although its text is spelled like one.
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  return value >= 1 && value <= 65535
    ? { kind: 'numeric', range: { first: value, last: value } }
    : undefined;
}

/** A port as rules spell it; undefined for anything else, port 0 included. */
export function parseRulePort(text: string, api: CalicoApi): RulePort | undefined {
  const range = parsePortRange(text);
  if (range !== undefined) return range.first === 0 ? undefined : { kind: 'numeric', range };
  // What is all digits is a number that is too large, not a name.
  if (api === 'v1' || /^[\d:]*$/.test(text) || !isNamedBy(PORT_NAME, text)) return undefined;
  return { kind: 'named', name: text };
}

function hintFor(value: unknown, api: CalicoApi): string {
  const text = typeof value === 'string' ? value : '';
  const placeholder = placeholderHint(text);
  if (placeholder !== undefined) return placeholder;
  const range = /^(\d+)\s*-\s*(\d+)$/.exec(text);
  if (range !== null) return `Ranges have a colon: "${range[1]}:${range[2]}".`;
  const kinds = api === 'v1' ? 'a port, or a range' : 'a port, a range, or the name of a port';
  return `Use ${kinds}: ports are 1 to 65535, a range is "1000:2000" with the lower port first.`;
}
