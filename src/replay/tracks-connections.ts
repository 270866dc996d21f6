import type { Ruleset } from '../ruleset/ruleset.ts';

/** Matches and targets that have the kernel track a family's connections, wherever they stand (netfilter-facts 1.3). */
const TRACKING: ReadonlySet<string> = new Set([
  'conntrack',
  'conntrack-state',
  'connmark',
  'connlimit',
  'dnat',
  'snat',
  'masquerade',
  'dnat-range',
  'snat-range',
  'masquerade-range',
  'netmap',
  'redirect',
]);

/** Whether a host with these rules tracks the connections of their family. */
export function tracksConnections(ruleset: Ruleset): boolean {
  return ruleset.tables.some(({ chains }) =>
    chains.some(({ rules }) =>
      rules.some(
        ({ matches, target }) =>
          (target !== undefined && TRACKING.has(target.kind)) ||
          matches.some(({ kind }) => TRACKING.has(kind)),
      ),
    ),
  );
}

/** Whether any rule translates addresses. */
export function translatesAddresses(ruleset: Ruleset): boolean {
  return ruleset.tables.some(
    ({ name, chains }) =>
      name === 'nat' &&
      chains.some(({ rules }) =>
        rules.some(({ target }) => target !== undefined && TRACKING.has(target.kind)),
      ),
  );
}

/** Whether there is any rule. */
export function hasRules(ruleset: Ruleset): boolean {
  return ruleset.tables.some(({ chains }) => chains.some(({ rules }) => rules.length > 0));
}
