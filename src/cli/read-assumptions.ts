import type { NodeModel } from '../scenario/node-model.ts';
import { Assumptions } from '../simulate/assumptions.ts';
import { UsageError } from '../source/errors.ts';
import type { AssumeOptions } from './assume-option.ts';

/** The assumptions of a command line. @throws UsageError for one that says nothing. */
export function assumptionsOf({ assume }: AssumeOptions): Assumptions {
  return new Assumptions(assume);
}

/** @throws UsageError for an assumption about a rule that the host does not have. */
export function checkAssumedPlaces({ places }: Assumptions, model: NodeModel): void {
  for (const { table, chain, rule } of places) {
    const found = ([4, 6] as const).some((family) =>
      model
        .ruleset(family)
        .tables.find(({ name }) => name === table)
        ?.chains.some(({ name, rules }) => name === chain && rules.length >= rule),
    );
    if (found) continue;
    throw new UsageError(
      `--assume ${table}/${chain}/${rule}: there is no rule ${rule} in chain ${chain} of table ${table}`,
      'A trace with -v shows chains and numbers.',
    );
  }
}
