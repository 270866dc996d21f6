import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMap, isPair, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { parseDocuments } from '../../src/resources/reading/parse-documents.ts';
import { parsePlainJson } from '../../src/resources/reading/plain-json.ts';
import { parsePlainYaml, plainDocuments } from '../../src/resources/reading/plain-yaml.ts';
import type { Problem } from '../../src/source/problem.ts';

/** What readers look at: kind, value, written form and place. */
function seen(node: unknown): unknown {
  if (isPair(node)) return [seen(node.key), seen(node.value)];
  if (isScalar(node)) return [node.value, node.source, node.range?.[0]];
  if (isMap(node)) return { map: node.items.map(seen), at: node.range?.[0] };
  if (isSeq(node)) return { list: node.items.map(seen), at: node.range?.[0] };
  return node;
}

function byPackage(text: string): unknown {
  const documents = parseAllDocuments(text, { schema: 'core', uniqueKeys: false });
  if (!Array.isArray(documents)) return 'no documents';
  if (documents.some(({ errors, warnings }) => errors.length + warnings.length > 0))
    return 'refused';
  return documents.map(({ contents }) => seen(contents));
}

/** The documents before the first that is not plain are those that the package makes of the whole text. Returns how many they are. */
function agreeOfFirst(text: string): number {
  const first = [...plainDocuments(text)];
  const documents = parseAllDocuments(text, { schema: 'core', uniqueKeys: false });
  const same = Array.isArray(documents) ? documents.slice(0, first.length) : [];
  const faults = same.map(({ errors, warnings }) => [...errors, ...warnings]);
  // What is out of place behind a document is taken for a fault of that one.
  const end = same.at(-1)?.contents?.range[1] ?? 0;
  const last = faults.pop() ?? [];
  expect([faults.flat(), last.filter(({ pos }) => pos[0] < end)], text).toEqual([[], []]);
  expect(first.map(seen), text).toEqual(same.map(({ contents }) => seen(contents)));
  return first.length;
}

/** Both say the same, or the plain parser says nothing. Returns whether it said something. */
function agree(text: string): boolean {
  agreeOfFirst(text);
  const plain = parsePlainYaml(text);
  if (plain === undefined) return false;
  expect(plain.map(seen), text).toEqual(byPackage(text));
  return true;
}

/** The same of the plain parser of JSON. */
function agreeOfJson(text: string): boolean {
  const plain = parsePlainJson(text);
  if (plain === undefined) return false;
  expect(plain.map(seen), text).toEqual(byPackage(text));
  return true;
}

const POLICY = `# comment
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: bench-00000
  labels: {a: b, "c": 'd', n: 5, "e":"f", 'g':h, "i":-1}
spec:
  order: 100.5
  selector: "role == 'edge' && zone == 'a'"
  types: [Ingress]

  applyOnForward: true
  ingress:
  - action: Allow
    # what it is about
    protocol: TCP
    source:
      nets: ["198.18.5.128/25", 10.0.0.0/8]
      selector: net-set == 'set-0000'
    destination:
      ports: [9090, 111, "1:2"]
  - action: Deny
    http: {}
  egress:
    - action: Pass
    - plain words
    - -1
    - .5
    - 1.2.3.4
    - ~
---
a: []
`;

describe('plain YAML', () => {
  test('is parsed as the package parses it', () => {
    expect(agree(POLICY)).toBe(true);
  });

  test('has nodes that do what those of the package do', () => {
    const [policy] = parsePlainYaml(POLICY) ?? [];
    if (!isMap(policy)) throw new Error('no mapping');
    expect(policy.get('kind')).toBe('GlobalNetworkPolicy');
    expect(policy.has('spec')).toBe(true);
    expect(policy.getIn(['metadata', 'labels', 'c'])).toBe('d');
    expect(policy.getIn(['spec', 'types', 0])).toBe('Ingress');
  });

  test('addresses of IPv6 that begin with colons are plain', () => {
    expect(agree('a: [::1, ::/0, 2001:db8::/64]\nb: ::1\nc:\n  - {to: ::/0, via: fe80::1}\n')).toBe(
      true,
    );
  });

  test.each([
    ['an anchor', 'a: &x 1\nb: *x\n'],
    ['an escape that JSON does not have', 'a: "\\x41"\n'],
    ['text of several lines', 'a: x\n  y\n'],
    ['a block of text with other line ends', 'a: |-\n  x\n'],
    ['a block of text that is folded', 'a: >\n  x\n'],
    ['a block of text with blanks on a line', 'a: |\n  x\n \n  y\n'],
    ['a block of text that is ragged', 'a: |\n  x\n y\n'],
    ['a value that is missing', 'a:\nb: 1\n'],
    ['a comment behind a value', 'a: 1 # one\n'],
    ['a tab', 'a:\t1\n'],
    ['brackets over several lines', 'a: [1,\n  2]\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a name that is no text', 'a: 1\ntrue: 2\n'],
    ['an end of document', 'a: 1\n...\n'],
    ['no more than a separator', '---\n'],
    ['a list in a list', 'a:\n- - 1\n'],
    ['a wrong indentation', 'a:\n    b: 1\n  c: 2\n'],
  ])('leaves %s to the package', (_what, text) => {
    expect(parsePlainYaml(text)).toBeUndefined();
  });

  test.each([
    ['an anchor', 'a: 1\n---\nb: &x 1\n', 1],
    ['text of several lines', 'a: 1\n---\nb: 2\n---\nc: x\n  y\n', 2],
    ['a separator with a document behind it', 'a: 1\n---\nb: 2\n--- c\n', 1],
    ['no separator', 'a: 1\n---\n- b\nc: 1\n', 1],
    ['what looks like a separator', 'a: 1\n---\nb: 1\n---c: 2\n', 1],
    ['an end of document', 'a: 1\n---\nb: 1\n...\n', 1],
    ['an empty document', 'a: 1\n---\n', 1],
  ])('is taken as far as there is %s', (_what, text, count) => {
    expect(agreeOfFirst(text)).toBe(count);
  });

  test('what is out of place behind a plain document is reported', () => {
    const found: string[] = [];
    const report = ({ code, location }: Problem) => found.push(`${code} ${location.line}`);
    const text = 'a: 1\n---\n]\n';
    expect([...parseDocuments({ file: 'x', text }, { lenient: false, report })]).not.toEqual([]);
    expect(found).toEqual(['yaml-syntax 3']);
  });

  test('agrees with the package about everything that it takes', { timeout: 120_000 }, () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        'key',
        ':',
        ': ',
        ' ',
        '  ',
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        '\n- ',
        '-',
        '---',
        '\n---\n',
      ],
      ...[
        '[',
        ']',
        '{',
        '}',
        ', ',
        ',',
        '"',
        "'",
        '"a":',
        '{"a":b',
        '#',
        ' #',
        '1',
        '0x1',
        '1.5',
        '.inf',
        'null',
        'true',
        '~',
      ],
      ...[
        '?',
        '&',
        '*',
        '|',
        '>',
        '%',
        '@',
        '!',
        '\\',
        '...',
        'x: 1\n',
        '\nx: y',
        '10.0.0.0/8',
        '::1',
        '|\n',
        ': |\n  x\n',
        '\n  y\n\n',
        '"\\n"',
        '"\\"',
      ],
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        if (agree(pieces.join(''))) taken++;
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  test('agrees about documents that are spoilt in one place', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        fc.nat(POLICY.length - 1),
        fc.constantFrom('', ' ', '\n', ':', '-', '#', '"', "'", '[', '}', ',', '  '),
        fc.nat(2),
        (at, put, out) => {
          agree(POLICY.slice(0, at) + put + POLICY.slice(at + out));
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('blocks of text', () => {
  test.each([
    'a: |\n  x\n',
    'a: |\n  x\n   y\n\n  z\n\n\nb: 1\n',
    'a: |\n  x',
    'a: |\n  x\n# comment\nb: 1\n',
    'a:\n  - b: |\n      x: 1\n      - y\n    c: 2\n  - d\n',
    'a: |\n  x\n---\nb: |\n  # no comment\n  "\\n"\n',
    'a: |\n    x\n\n',
  ])('%j', (text) => {
    expect(agree(text)).toBe(true);
  });
});

describe('plain JSON', () => {
  test.each([
    '{"a": 1}',
    '{\n  "a": {"b": [1, -2.5, 1e5, true, false, null, "x", []], "c": {}}\n}\n',
    '{"a":"x\\ny\\t\\"\\\\\\/\\u00e9\\ud83d\\ude00"}',
    ' {"a" : "b"} ',
  ])('is parsed as the package parses it: %j', (text) => {
    expect(agreeOfJson(text)).toBe(true);
  });

  test.each([
    ['a list', '[1]'],
    ['YAML in brackets', '{a: 1}'],
    ['two documents', '{"a": 1}{"b": 2}'],
    ['a comma too many', '{"a": 1,}'],
    ['a text over lines', '{"a": "x\n y"}'],
    ['a number that JSON does not have', '{"a": 01}'],
    ['no end', '{"a": "x'],
    ['a long name', `{"${'a'.repeat(1100)}": 1}`],
  ])('leaves %s to others', (_what, text) => {
    expect(parsePlainJson(text)).toBeUndefined();
  });

  test.each([
    ['an anchor', 'a: 1\n---\nb: &x 1\n', 1],
    ['text of several lines', 'a: 1\n---\nb: 2\n---\nc: x\n  y\n', 2],
    ['a separator with a document behind it', 'a: 1\n---\nb: 2\n--- c\n', 1],
    ['no separator', 'a: 1\n---\n- b\nc: 1\n', 1],
    ['what looks like a separator', 'a: 1\n---\nb: 1\n---c: 2\n', 1],
    ['an end of document', 'a: 1\n---\nb: 1\n...\n', 1],
    ['an empty document', 'a: 1\n---\n', 1],
  ])('is taken as far as there is %s', (_what, text, count) => {
    expect(agreeOfFirst(text)).toBe(count);
  });

  test('agrees with the package about everything that it takes', { timeout: 120_000 }, () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(3), fc.nat(200), (value, space, at) => {
        const text = JSON.stringify({ a: value }, null, space);
        if (agreeOfJson(text)) taken++;
        agreeOfJson(text.slice(0, at) + text.slice(at + 1));
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(2000);
  });
});
