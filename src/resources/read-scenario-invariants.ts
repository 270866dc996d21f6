import { parseCidr } from '../address/cidr.ts';
import { isInterfaceName } from '../address/interface-name.ts';
import { parseProtocol } from '../address/protocol.ts';
import { readExpect } from './read-scenario-cases.ts';
import type { Fields } from './reading/fields.ts';
import type { ReadingContext } from './reading/reading-context.ts';
import { shorten } from './reading/wording.ts';
import type { ScenarioInvariant, WrittenValue } from './scenario-document.ts';
import { writtenValueOf } from './written-value.ts';

/** What one value of a packet field may be, and how to say so. */
interface ValueRule {
  readonly test: (text: string) => boolean;
  readonly hint: string;
}

const RANGE = /^(\d+|0x[\da-f]+)(?:-(\d+|0x[\da-f]+))?$/i;

function numbers(max: number): ValueRule {
  return {
    test: (text) => {
      const [, first, last] = RANGE.exec(text) ?? [];
      if (first === undefined) return false;
      const end = Number(last ?? first);
      return Number(first) <= end && end <= max;
    },
    hint: `Use a number from 0 to ${max}, or a range such as 1-${Math.min(max, 1000)}.`,
  };
}

function matching(pattern: RegExp, hint: string): ValueRule {
  return { test: (text) => pattern.test(text), hint };
}

const ADDRESS: ValueRule = {
  test: (text) => parseCidr(text) !== undefined,
  hint: 'Use an address or a block such as 10.0.0.0/8.',
};
const PORT = numbers(65535);
const BYTE = numbers(255);
const WORD32 = numbers(0xffffffff);

/** The packet fields that a set of packets may be described by. A sequence of packets has times; a set has none. */
const RULES: Readonly<Record<string, ValueRule>> = {
  in: { test: isInterfaceName, hint: 'Use an interface name, or local.' },
  proto: {
    test: (text) => parseProtocol(text) !== undefined,
    hint: 'Use tcp, udp, icmp, icmpv6, sctp, udplite or a number from 0 to 255.',
  },
  src: ADDRESS,
  dst: ADDRESS,
  sport: PORT,
  dport: PORT,
  flags: matching(/^(none|[safrpuec]+)$/i, 'Use the initials S A F R P U E C, such as SA.'),
  type: BYTE,
  code: BYTE,
  id: PORT,
  seq: WORD32,
  ack: WORD32,
  chunk: matching(/^[A-Z_]+$/i, 'Use a chunk as iptables names it, such as INIT_ACK.'),
  mac: matching(/^[\da-f]{2}(:[\da-f]{2}){5}$/i, 'Use six pairs of hex digits.'),
  ttl: BYTE,
  length: numbers(65575),
  mark: WORD32,
  state: matching(
    /^(new|established|related|invalid|untracked)$/,
    'Use new, established, related, invalid or untracked.',
  ),
};

/** Reads a scenario's invariants. One that is not well formed is reported and left out. */
export function readScenarioInvariants(spec: Fields): readonly ScenarioInvariant[] {
  const invariants: ScenarioInvariant[] = [];
  for (const fields of spec.fieldsList('invariants')) {
    const name = fields.requiredString('name');
    const packets = readPackets(fields);
    const expect = readExpect(fields, 'expect');
    if (!fields.has('expect')) {
      fields.problem('missing-field', fields.location, 'the invariant has no `expect`');
    }
    fields.finish();
    if (name !== undefined && packets !== undefined && expect !== undefined) {
      invariants.push({ name: name.value, packets, expect, location: fields.location });
    }
  }
  return invariants;
}

function readPackets(fields: Fields): WrittenValue | undefined {
  const packets = fields.fields('packets');
  if (packets === undefined) {
    if (!fields.has('packets')) {
      fields.problem(
        'missing-field',
        fields.location,
        'the invariant has no `packets`',
        'Say which packets it is about; `packets: {}` is all of them.',
      );
    }
    return undefined;
  }
  let valid = true;
  for (const [name, rule] of Object.entries(RULES)) {
    const node = packets.node(name);
    if (node === undefined) continue;
    const value = writtenValueOf(fields.context, node);
    if (value === undefined || !isValid(fields.context, name, { value, rule })) valid = false;
  }
  packets.finish();
  const node = fields.node('packets');
  return valid && node !== undefined ? writtenValueOf(fields.context, node) : undefined;
}

/** A value, a list of values, or `{not: ...}` of either. */
function isValid(
  context: ReadingContext,
  name: string,
  field: { readonly value: WrittenValue; readonly rule: ValueRule; readonly negated?: boolean },
): boolean {
  const { value, rule, negated = false } = field;
  if (value.kind === 'scalar') return isValidScalar(context, name, { value, rule });
  if (value.kind === 'list') {
    if (value.items.length === 0) {
      context.problem('invalid-value', value.location, `\`${name}\` is an empty list`);
      return false;
    }
    const flat = value.items.map((item) => {
      if (item.kind === 'scalar') return isValidScalar(context, name, { value: item, rule });
      context.problem('wrong-type', item.location, `an element of \`${name}\` must be one value`);
      return false;
    });
    return flat.every(Boolean);
  }
  const inner = value.entries.get('not');
  if (inner === undefined || value.entries.size !== 1 || negated) {
    context.problem(
      'wrong-type',
      value.location,
      `\`${name}\` must be a value, a list or {not: ...}`,
    );
    return false;
  }
  return isValid(context, name, { value: inner, rule, negated: true });
}

function isValidScalar(
  context: ReadingContext,
  name: string,
  { value, rule }: { value: WrittenValue & { kind: 'scalar' }; rule: ValueRule },
): boolean {
  const text = String(value.value);
  const typed = typeof value.value === 'string' || typeof value.value === 'number';
  if (typed && rule.test(text)) return true;
  context.problem(
    'invalid-value',
    value.location,
    `\`${name}\` is \`${shorten(text)}\``,
    rule.hint,
  );
  return false;
}
