import { describe, expect, test } from 'vitest';
import { Assumptions } from '../../src/simulate/assumptions.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { UsageError } from '../../src/source/errors.ts';
import { testHost } from '../support/hosts.ts';
import { rules } from '../support/rules.ts';
import { outcome, run } from '../support/simulations.ts';

const TCP = 'tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0';

function under(text: string, ...assume: readonly string[]): Simulator {
  return new Simulator({
    host: testHost(),
    rulesets: [rules(text)],
    notModelled: [],
    assumptions: new Assumptions(assume),
  });
}

function verdict(text: string, ...assume: readonly string[]): string {
  return outcome(run(under(text, ...assume), TCP));
}

const LIMITED = '*filter\n-A FORWARD -m limit --limit 10/min -j DROP';

describe('what is assumed is not followed both ways', () => {
  test.each([
    ['limit=under', 'drop'],
    ['limit=over', 'accept eth1'],
    ['limit=match', 'drop'],
    ['limit=no-match', 'accept eth1'],
    ['filter/FORWARD/1=match', 'drop'],
    ['filter/FORWARD/1=no-match', 'accept eth1'],
    ['filter/FORWARD/2=no-match', 'undetermined'],
    ['random=never', 'undetermined'],
  ])('%s: %s', (assume, wanted) => {
    expect(verdict(LIMITED, assume)).toBe(wanted);
  });

  test('what is said of a rule goes before what is said of its kind', () => {
    expect(verdict(LIMITED, 'limit=under', 'filter/FORWARD/1=no-match')).toBe('accept eth1');
  });

  test('lists of recent are told apart by their names', () => {
    const both =
      '*filter\n-A FORWARD -m recent --rcheck --name a -j DROP\n-A FORWARD -m recent --rcheck --name b -j DROP';
    expect(verdict(both, 'recent=unseen')).toBe('accept eth1');
    expect(verdict(both, 'recent:a=unseen')).toBe('undetermined');
    expect(verdict(both, 'recent:a=unseen', 'recent:b=unseen')).toBe('accept eth1');
    expect(verdict(both, 'recent=unseen', 'recent:b=seen')).toBe('drop');
  });

  test('chance that always matches chooses the first endpoint, and one that never does the last', () => {
    const service = [
      '*nat',
      '-A PREROUTING -m statistic --mode random --probability 0.5 -p tcp -j DNAT --to-destination 203.0.113.10:80',
      '-A PREROUTING -p tcp -j DNAT --to-destination 203.0.113.11:80',
      '*filter',
      '-A FORWARD -d 203.0.113.10 -j DROP',
    ].join('\n');
    expect(verdict(service)).toBe('undetermined');
    expect(verdict(service, 'random=always')).toBe('drop');
    expect(verdict(service, 'random=never')).toBe('accept cali0');
  });
});

test.each([
  ['limits=under', /nothing called `limits`/],
  ['limit', /not an assumption/],
  ['limit=full', /`limit` is assumed to be `under` or `over`/],
  ['filter/INPUT/1=accepted', /a rule is assumed to `match`/],
  ['filter/INPUT/0=match', /nothing called `filter\/INPUT\/0`/],
  ['=under', /not an assumption/],
  ['toString=under', /nothing called `toString`/],
])('%s says nothing that can be assumed', (text, wanted) => {
  const read = (): Assumptions => new Assumptions([text]);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(wanted);
});
