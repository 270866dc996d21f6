import type { ResolvedPolicy, ResolvedProfile, ResolvedRule } from '../policy/node-policy.ts';
import type { Direction, RuleMeaning } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import { LOG_PREFIX_LENGTH } from '../ruleset/target/log.ts';
import type { Target } from '../ruleset/target/target.ts';
import { CHAIN_PREFIX, chainName } from './chain-names.ts';
import { type CompileContext, denyTarget } from './compile-context.ts';
import { splitRule } from './rule-blocks.ts';
import { RETURN, rule, setMark, whenMarked } from './rule-parts.ts';
import type { TableBuilder } from './table-builder.ts';

/** The level of LOG rules: notice. Source: `calico-semantics` 4. */
const LOG_LEVEL = 5;

/** The chains of policies and profiles in one table, written when an endpoint first jumps to one and shared by all. */
export class PolicyChains {
  readonly #table: TableBuilder;
  readonly #context: CompileContext;
  readonly #identities = new Map<string, string>();

  constructor(table: TableBuilder, context: CompileContext) {
    this.#table = table;
    this.#context = context;
  }

  /** The chain of a policy's rules for a direction. */
  ofPolicy(policy: ResolvedPolicy, direction: Direction): string {
    const prefix = direction === 'ingress' ? CHAIN_PREFIX.policyIn : CHAIN_PREFIX.policyOut;
    const identity = `${policy.kind}/${policy.tier}/${policy.name}`;
    const name = chainName(prefix, plainPolicyName(policy), identity);
    const { tier } = policy;
    return this.#add(
      name,
      identity,
      policy[direction],
      `policy ${policy.name} ${direction}`,
      (r) => ({
        kind: 'policy',
        policy: policy.name,
        tier,
        direction,
        ruleIndex: r.index,
        action: r.action,
      }),
    );
  }

  /** The chain of a profile's rules for a direction. */
  ofProfile(profile: ResolvedProfile, direction: Direction): string {
    const prefix = direction === 'ingress' ? CHAIN_PREFIX.profileIn : CHAIN_PREFIX.profileOut;
    const name = chainName(prefix, profile.name);
    const words = `profile ${profile.name} ${direction}`;
    return this.#add(name, profile.name, profile[direction], words, (r) => ({
      kind: 'profile',
      profile: profile.name,
      direction,
      ruleIndex: r.index,
      action: r.action,
    }));
  }

  /** @throws Error when two policies have one chain name, which 96 bits make a broken hash and nothing else. */
  #add(
    name: string,
    identity: string,
    rules: readonly ResolvedRule[],
    words: string,
    meaningOf: (rule: ResolvedRule) => RuleMeaning,
  ): string {
    const known = this.#identities.get(name);
    if (known === identity) return name;
    if (known !== undefined)
      throw new Error(`${known} and ${identity} have the chain name ${name}`);
    this.#identities.set(name, identity);
    const compiled = rules.flatMap((r) =>
      compileRule(r, { words, meaning: meaningOf(r), table: this.#table }, this.#context),
    );
    this.#table.addUser(name, withoutLastReturn(compiled));
    return name;
  }
}

/** The name where it tells the policy from every other: tiers have policies of one name, and namespaces are not plain. */
function plainPolicyName({ name, tier }: ResolvedPolicy): string {
  return tier === 'default' || name.startsWith(`${tier}.`) ? name : `${tier}_${name}`;
}

interface RuleNotes {
  readonly words: string;
  readonly meaning: RuleMeaning;
  readonly table: TableBuilder;
}

function compileRule(policyRule: ResolvedRule, notes: RuleNotes, context: CompileContext): Rule[] {
  const parts = splitRule(policyRule, context);
  if (parts === undefined) return [];
  const words = `${notes.words}[${policyRule.index}]${annotationWords(policyRule, context)}`;
  const details = { words, origin: policyRule.location };
  const rules = parts.preparation.map((r) => rule(r.matches, r.target, details));
  const { marks, config } = context;
  const decide = (target: Target): void => {
    rules.push(rule(parts.criteria, target, { ...details, meaning: notes.meaning }));
  };
  switch (policyRule.action) {
    case 'allow':
      decide(setMark(marks.accept));
      rules.push(rule([whenMarked(marks.accept)], RETURN, details));
      break;
    case 'pass':
      decide(setMark(marks.pass));
      rules.push(rule([whenMarked(marks.pass)], RETURN, details));
      break;
    case 'deny':
      decide(denyTarget(context, notes.table.name));
      break;
    case 'log':
      decide({ kind: 'log', prefix: logPrefix(config.logPrefix), level: LOG_LEVEL });
      break;
  }
  return rules;
}

/** A colon and a blank behind the prefix, as Felix writes; what LOG has no room for is cut. */
function logPrefix(prefix: string): string {
  return `${prefix.replace(/[^ -~]/g, '?').slice(0, LOG_PREFIX_LENGTH - 2)}: `;
}

function annotationWords({ annotations }: ResolvedRule, { facts }: CompileContext): string {
  if (!facts.annotationsAsComments) return '';
  return [...annotations]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ` ${key}=${value}`)
    .join('');
}

/** A chain ends in a return anyway. */
function withoutLastReturn(rules: readonly Rule[]): readonly Rule[] {
  return rules.at(-1)?.target?.kind === 'return' ? rules.slice(0, -1) : rules;
}
