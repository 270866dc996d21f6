import type { IpFamily } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import { mergeRulesets } from '../ruleset/merge-rulesets.ts';
import { withoutOwnRules } from '../ruleset/own-chains.ts';
import { parseIpsetSave } from '../ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../ruleset/read/read-iptables-save.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { BothRulesets } from './drift-effect.ts';
import type { WholeTexts } from './make-steps.ts';
import type { OwnTables } from './own-state.ts';
import { parseOwnRules } from './parse-rule-text.ts';

/**
 * The rules that a machine has, and those that it would have as they were applied: ours from the texts of the apply, those of others as they are.
 *
 * @throws InputError when the texts are not what the tools print
 */
export function driftRulesets(host: Host, family: IpFamily, applied: WholeTexts): BothRulesets {
  const written = family === 4 ? host.iptables : host.ip6tables;
  const sets = host.ipsets === undefined ? '' : host.ipsets.text;
  const actual = readRules(written?.text ?? '', sets, family);
  const ours = readRules(applied.rules[family], applied.ipsets, family);
  const placed = withPlaces(ours, parseOwnRules(applied.rules[family]));
  return { actual, meant: mergeRulesets(placed, withoutOwnRules(actual)) };
}

function readRules(rules: string, sets: string, family: IpFamily): Ruleset {
  const { ruleset } = parseIptablesSave(rules, family, { file: 'rules', line: 1 });
  const ipSets = parseIpsetSave(sets, { file: 'sets', line: 1 }).filter(
    (set: IpSet) => set.family === undefined || set.family === family,
  );
  return { ...ruleset, ipSets };
}

/** Which of our rules go in front of those of others is in the text's commands, not in the rules. */
function withPlaces(ours: Ruleset, tables: OwnTables): Ruleset {
  return {
    ...ours,
    tables: ours.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => {
        if (chain.kind !== 'base') return chain;
        const placed = tables.get(table.name)?.bases.get(chain.name) ?? [];
        const first = placed.filter(({ place }) => place.kind === 'first').length;
        const rules = chain.rules.map((rule, index) => ({
          ...rule,
          placement: index < first ? ('insert' as const) : ('append' as const),
        }));
        // Base chains that the text does not declare have no policy of ours.
        return { ...chain, policy: undefined, rules };
      }),
    })),
  };
}
