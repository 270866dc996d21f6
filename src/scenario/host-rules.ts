import type { IpFamily } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import { mergeRulesets } from '../ruleset/merge-rulesets.ts';
import { hasChain, isCalicoChain, isOwnChain, withoutOwnRules } from '../ruleset/own-chains.ts';
import type { Rule, Ruleset } from '../ruleset/ruleset.ts';
import { ownRules } from './own-rules.ts';

/** What was found among a host's own rules, and how it was taken; for people. */
export interface HostRulesNote {
  readonly value: string;
  readonly why: string;
}

/**
 * Exactly the rules that a Host document carries for a family, sets included.
 *
 * @throws InputError when the texts are not what the tools print.
 */
export function writtenRules(host: Host, family: IpFamily): Ruleset {
  const written = family === 4 ? host.iptables : host.ip6tables;
  return written === undefined ? { family, tables: [], ipSets: [] } : ownRules(written, family);
}

/**
 * The rules of a host that policy's come to: what it has written, without rules that an earlier `apply` of hepsim left there, and in front of
 * them those of Services, as kube-proxy puts them, unless the host has kube-proxy's already.
 */
export function foreignRules(written: Ruleset, services: Ruleset): Ruleset {
  const foreign = withoutOwnRules(written);
  return hasKubeProxy(written) ? foreign : mergeRulesets(inFront(services), foreign);
}

/** What should be said of the rules that the host has written. */
export function notesOn(
  rulesets: readonly Ruleset[],
  has: { readonly services: boolean },
): readonly HostRulesNote[] {
  const notes: HostRulesNote[] = [];
  const some = (is: (ruleset: Ruleset) => boolean): boolean => rulesets.some(is);
  if (some((ruleset) => hasChain(ruleset, isOwnChain))) {
    notes.push({
      value: "hepsim's own rules are on the host already",
      why: 'left out here, as apply would replace them; --as-is runs what the host has',
    });
  }
  if (some((ruleset) => hasChain(ruleset, isCalicoChain))) {
    notes.push({
      value: "Calico's own rules are on the host already",
      why: "they run beside those compiled here, as rules of the host's own; --as-is runs what the host has",
    });
  }
  if (has.services && some(hasKubeProxy)) {
    notes.push({
      value: "the host's own rules of kube-proxy",
      why: 'the host has the chain KUBE-SERVICES, so that none are made from the Service documents',
    });
  }
  return notes;
}

function hasKubeProxy(ruleset: Ruleset): boolean {
  return hasChain(ruleset, (name) => name === 'KUBE-SERVICES');
}

function inFront(ruleset: Ruleset): Ruleset {
  const first = (rule: Rule): Rule => ({ ...rule, placement: 'insert' });
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(first) })),
    })),
  };
}
