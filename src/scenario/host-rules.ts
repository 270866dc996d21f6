import type { IpFamily } from '../address/ip-address.ts';
import type { Host, HostText } from '../host/host.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import { mergeRulesets } from '../ruleset/merge-rulesets.ts';
import { hasChain, isCalicoChain, isOwnChain, withoutOwnRules } from '../ruleset/own-chains.ts';
import { parseIpsetSave } from '../ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../ruleset/read/read-iptables-save.ts';
import type { TextOrigin } from '../ruleset/read/text-origin.ts';
import type { Rule, Ruleset } from '../ruleset/ruleset.ts';

/** What was found among a host's own rules, and how it was taken; for people. */
export interface HostRulesNote {
  readonly value: string;
  readonly why: string;
}

/** The sets that a Host document carries. @throws InputError when the text is not what `ipset save` prints. */
export function writtenSets({ ipsets }: Host): readonly IpSet[] {
  return ipsets === undefined ? [] : parseIpsetSave(ipsets.text, originOf(ipsets));
}

/**
 * Exactly the rules that a Host document carries for a family, with those of its sets that the family's packets can be in.
 *
 * @throws InputError when the text is not what `iptables-save` or `ip6tables-save` prints.
 */
export function writtenRules(host: Host, family: IpFamily, sets: readonly IpSet[]): Ruleset {
  const written = family === 4 ? host.iptables : host.ip6tables;
  const ipSets = sets.filter((set) => set.family === undefined || set.family === family);
  // Sets that no rule asks for are nobody's business.
  if (written === undefined) return { family, tables: [], ipSets: [] };
  const { ruleset } = parseIptablesSave(written.text, family, originOf(written));
  return { ...ruleset, ipSets };
}

/** A text begins on the line behind its field's name, as YAML has blocks; in quotes all of it stands on one. */
function originOf({ location, isQuoted = false }: HostText): TextOrigin {
  const { file, line } = location;
  return isQuoted ? { file, line, isOnOneLine: true } : { file, line: line + 1 };
}

/**
 * The rules of a host that policy's come to: what it has written, without rules that an earlier `apply` of hepsim left there, and in front of
 * them those of Services, as kube-proxy puts them, unless the host has kube-proxy's already.
 */
export function foreignRules(written: Ruleset, services: Ruleset): Ruleset {
  const foreign = withoutOwnRules(written);
  return hasKubeProxy(written)
    ? foreign
    : mergeRulesets(withoutChainsOf(foreign, inFront(services)), foreign);
}

/** A chain that the host has already, as the kubelet makes some, is its own. */
function withoutChainsOf(host: Ruleset, services: Ruleset): Ruleset {
  const taken = new Set(
    host.tables.flatMap(({ name, chains }) =>
      chains.flatMap((chain) => (chain.kind === 'user' ? [`${name} ${chain.name}`] : [])),
    ),
  );
  return {
    ...services,
    tables: services.tables.map(({ name, chains }) => ({
      name,
      chains: chains.filter((chain) => !taken.has(`${name} ${chain.name}`)),
    })),
  };
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

/** Whether kube-proxy has its rules there. */
export function hasKubeProxy(ruleset: Ruleset): boolean {
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
