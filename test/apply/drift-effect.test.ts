import { expect, test } from 'vitest';
import { DriftEffects } from '../../src/apply/drift-effect.ts';
import { testHost } from '../support/hosts.ts';
import { rules } from '../support/rules.ts';

const MEANT = `
*filter
:INPUT ACCEPT
:hep-fh-eth0 -
:hep-failsafe-in -
-A INPUT -i eth0 -g hep-fh-eth0
-A hep-fh-eth0 -j hep-failsafe-in
-A hep-fh-eth0 -j DROP
-A hep-failsafe-in -p tcp -m multiport --dports 22 -j ACCEPT
`;

test('a call that is gone is told by what the rules of its chain let pass', () => {
  const text = '-j hep-failsafe-in';
  const actual = rules(MEANT.replace(`-A hep-fh-eth0 ${text}\n`, ''));
  const effects = new DriftEffects(testHost(), 4, { actual, meant: rules(MEANT) });
  const place = { family: 4, table: 'filter', chain: 'hep-fh-eth0' } as const;
  expect(effects.effectOf({ kind: 'rule-gone', index: 1, text, ...place })).toMatch(
    /^tcp port 22 would now be dropped instead of accepted \(tcp .*:22 in=eth0\)$/,
  );
});
