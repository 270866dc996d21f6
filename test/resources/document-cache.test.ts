import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DocumentCache } from '../../src/resources/document-cache.ts';
import { type DocumentText, readResources } from '../../src/resources/read-resources.ts';
import { splitDocuments } from '../../src/resources/reading/split-documents.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import { InputError } from '../../src/source/errors.ts';

const policy = (name: string, port: number, more = ''): string => `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: ${name}
spec:
  selector: role == 'web'
  ingress:
  # comment
  - {action: Allow, protocol: TCP, destination: {ports: [${port}]}}
${more}`;

const endpoint = (name: string): string => `---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: ${name}, labels: {role: web}}
spec: {node: n1, interfaceName: eth0}
`;

/** Documents of every sort that means something to others: names, features, tiers, warnings, both APIs, what only the package parses. */
const DOCUMENTS: readonly string[] = [
  policy('a', 80),
  policy('a', 81),
  policy('b', 80, '  egress: [{action: Nonsense}]\n'),
  policy('c', 80, '  tier: t\n'),
  policy('d', 80, '  - action: Allow\n    http: {methods: [GET]}\n'),
  policy('e', 80, '  - action: "Al\\\n    low"\n'),
  endpoint('e1'),
  endpoint('e2'),
  '---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: t}\nspec: {order: 1}\n',
  '---\napiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {name: p}\n',
  '---\napiVersion: v1\nkind: hostEndpoint\nmetadata: {name: x, node: n1}\nspec: {interfaceName: eth0}\n',
  '---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}\n',
  '---\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: n}\n- {}\n',
  '--- # nothing\n',
  '\n# a comment\n\n',
  '---\na: |\n  text\n  ---\n',
  '---\nkind: "not\n---\nclosed\n',
  '...\n',
  '--- {apiVersion: v1, kind: Namespace, metadata: {name: m}}\n',
  '---not: a separator\n',
  '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: q}',
  '\n',
];

/** What comes of reading: resources, or what is wrong. */
function reading(
  texts: readonly DocumentText[],
  cache?: DocumentCache,
): ResourceSet | readonly string[] {
  try {
    return readResources(texts, { cache });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return ['refused'];
  }
}

const file = fc
  .array(fc.constantFrom(...DOCUMENTS), { maxLength: 6 })
  .map((documents) => documents.join(''));
const files = fc.dictionary(fc.constantFrom('one.yaml', 'two.yaml', 'three.yaml'), file);

describe('a cache of documents', () => {
  test('changes nothing of what is read, places included, however files change', {
    timeout: 120_000,
  }, () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(files, { minLength: 2, maxLength: 6 }), (versions) => {
        const cache = new DocumentCache(3);
        for (const version of versions) {
          const texts = Object.entries(version).map(([name, text]) => ({ file: name, text }));
          const plain = reading(texts);
          expect(reading(texts, cache)).toEqual(plain);
          if ('policies' in plain) accepted++;
        }
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('says what is wrong in the same words, wherever the document has moved to', () => {
    const cache = new DocumentCache();
    const broken = policy('b', 80, '  egress: [{action: Nonsense}]\n');
    for (const before of ['', endpoint('e1'), `# a line\n${endpoint('e1')}`]) {
      const texts = [{ file: 'p.yaml', text: before + broken + policy('a', 1) + policy('a', 2) }];
      const messageOf = (one?: DocumentCache): string => {
        try {
          readResources(texts, { cache: one });
          return '';
        } catch (error) {
          return (error as InputError).message;
        }
      };
      expect(messageOf(cache)).toBe(messageOf());
      expect(messageOf(cache)).toContain('defined twice');
    }
  });

  test('reads only documents that it does not know', () => {
    const cache = new DocumentCache();
    const read = (text: string): ResourceSet =>
      readResources([{ file: 'p.yaml', text }], { cache });
    const before = read(policy('a', 80) + policy('b', 80) + policy('c', 80));
    const after = read(`${endpoint('e')}${policy('a', 80)}${policy('b', 81)}${policy('c', 80)}`);
    expect(after.policies[0]).toBe(before.policies[0]);
    expect(after.policies[1]).not.toBe(before.policies[1]);
    expect(after.policies[2]).toBe(before.policies[2]);
    expect(after.policies[2]?.metadata.location.line).toBe(27);
  });
});

describe('a file', () => {
  test('is cut before every separator', () => {
    expect(splitDocuments('a: 1\n---\nb: 1\n--- c\n---\r\n')).toEqual([
      { text: 'a: 1\n', linesBefore: 0 },
      { text: '---\nb: 1\n', linesBefore: 1 },
      { text: '--- c\n', linesBefore: 3 },
      { text: '---\r\n', linesBefore: 4 },
    ]);
  });

  test.each([
    ['directives', '%YAML 1.2\n---\na: 1\n---\nb: 1\n'],
    ['ends of documents', 'a: 1\n...\nb: 1\n---\nc: 1\n'],
    ['no separators', 'a: ---\nb: " ---"\n----\n---x\n'],
  ])('with %s stays whole', (_what, text) => {
    expect(splitDocuments(text)).toEqual([{ text, linesBefore: 0 }]);
  });
});
