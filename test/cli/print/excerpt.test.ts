import { expect, test } from 'vitest';
import { renderExcerpt } from '../../../src/cli/print/excerpt.ts';
import { painter } from '../../../src/cli/print/style.ts';

const paint = painter({ color: false });

function excerpt(text: string, line: number): readonly string[] {
  return renderExcerpt([{ file: 'a.yaml', text }], { file: 'a.yaml', line }, paint);
}

test('a rule of policy is shown with all that belongs to it', () => {
  const text = 'ingress:\n  - action: Allow\n    protocol: TCP\n  - action: Deny\n';
  expect(excerpt(text, 2)).toEqual(['2 | - action: Allow', '3 |   protocol: TCP']);
});

test('a rule or chain of iptables is one line', () => {
  const text =
    '  iptables: |\n    :INPUT DROP [0:0]\n    -A INPUT -j ACCEPT\n    -A INPUT -j DROP\n';
  expect(excerpt(text, 2)).toEqual(['2 | :INPUT DROP [0:0]']);
  expect(excerpt(text, 3)).toEqual(['3 | -A INPUT -j ACCEPT']);
});
