import type { ResolvedPolicy, ResolvedProfile, ResolvedRule } from '../policy/node-policy.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Direction, RuleMeaning } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import { CHAIN_PREFIX, chainName, OWN_COMMENT } from './chain-names.ts';
import { type CompileContext, denyTarget } from './compile-context.ts';
import { type LoggedFields, loggedPolicy, loggedProfile, logPrefix } from './log-prefix.ts';
import { splitRule } from './rule-blocks.ts';
import { RETURN, rule, setMark, whenMarked } from './rule-parts.ts';
import type { TableBuilder } from './table-builder.ts';

/** The level of LOG rules: notice. Source: `calico-semantics` 4. */
const LOG_LEVEL = 5;

/** The chains of policies and profiles in one table, written when an endpoint first jumps to one and shared by all. */
export class PolicyChains {
  readonly #table: TableBuilder;
  readonly #context: CompileContext;
  readonly #ends: PolicyEnds;
  readonly #identities = new Map<string, string>();

  constructor(table: TableBuilder, context: CompileContext) {
    this.#table = table;
    this.#context = context;
    const { marks } = context;
    this.#ends = {
      accept: setMark(marks.accept),
      whenAccepted: [whenMarked(marks.accept)],
      pass: setMark(marks.pass),
      whenPassed: [whenMarked(marks.pass)],
      deny: denyTarget(context, table.name),
    };
  }

  /** The chain of a policy's rules for a direction. */
  ofPolicy(policy: ResolvedPolicy, direction: Direction): string {
    const prefix = direction === 'ingress' ? CHAIN_PREFIX.policyIn : CHAIN_PREFIX.policyOut;
    const identity = `${policy.kind}/${policy.tier}/${policy.name}`;
    const name = chainName(prefix, plainPolicyName(policy), identity);
    const notes = {
      words: `policy ${policy.name} ${direction}`,
      logged: loggedPolicy(policy),
      meaningOf: ({ index, action }: ResolvedRule): RuleMeaning => ({
        kind: 'policy',
        policy: policy.name,
        tier: policy.tier,
        direction,
        ruleIndex: index,
        action,
      }),
    };
    return this.#add({ name, identity, rules: policy[direction], notes });
  }

  /** The chain of a profile's rules for a direction. */
  ofProfile(profile: ResolvedProfile, direction: Direction): string {
    const prefix = direction === 'ingress' ? CHAIN_PREFIX.profileIn : CHAIN_PREFIX.profileOut;
    const identity = profile.name;
    const name = chainName(prefix, identity);
    const notes = {
      words: `profile ${profile.name} ${direction}`,
      logged: loggedProfile(profile.name),
      meaningOf: ({ index, action }: ResolvedRule): RuleMeaning => ({
        kind: 'profile',
        profile: profile.name,
        direction,
        ruleIndex: index,
        action,
      }),
    };
    return this.#add({ name, identity, rules: profile[direction], notes });
  }

  /** @throws Error when two policies have one chain name, which 96 bits make a broken hash and nothing else. */
  #add({ name, identity, rules, notes }: WantedChain): string {
    const known = this.#identities.get(name);
    if (known === identity) return name;
    if (known !== undefined) {
      throw new Error(`${known} and ${identity} have the chain name ${name}`);
    }
    this.#identities.set(name, identity);
    const compiled = rules.flatMap((r) => compileRule(r, notes, this.#ends, this.#context));
    this.#table.addUser(name, withoutLastReturn(compiled));
    return name;
  }
}

/** What the rules of a table end in, one object each for all of them. */
interface PolicyEnds {
  readonly accept: Target;
  readonly whenAccepted: readonly Match[];
  readonly pass: Target;
  readonly whenPassed: readonly Match[];
  readonly deny: Target;
}

/** A chain of rules, and what tells it from every other chain. */
interface WantedChain {
  readonly name: string;
  readonly identity: string;
  readonly rules: readonly ResolvedRule[];
  readonly notes: ChainNotes;
}

/** What the rules of a chain say about themselves. */
interface ChainNotes {
  readonly words: string;
  readonly logged: LoggedFields;
  readonly meaningOf: (rule: ResolvedRule) => RuleMeaning;
}

/** The name where it tells the policy from every other: tiers have policies of one name, and namespaces are not plain. */
function plainPolicyName({ name, tier }: ResolvedPolicy): string {
  return tier === 'default' || name.startsWith(`${tier}.`) ? name : `${tier}_${name}`;
}

function compileRule(
  policyRule: ResolvedRule,
  notes: ChainNotes,
  ends: PolicyEnds,
  context: CompileContext,
): Rule[] {
  const parts = splitRule(policyRule, context);
  if (parts === undefined) return [];
  const words =
    context.comments === 'mark'
      ? OWN_COMMENT
      : `${notes.words}[${policyRule.index}]${annotationWords(policyRule, context)}`;
  const origin = policyRule.location;
  const details = { words, origin };
  const rules = parts.preparation.map((r) => rule(r.matches, r.target, details));
  const decide = (target: Target): void => {
    rules.push(
      rule(parts.criteria, target, { words, origin, meaning: notes.meaningOf(policyRule) }),
    );
  };
  switch (policyRule.action) {
    case 'allow':
      decide(ends.accept);
      rules.push(rule(ends.whenAccepted, RETURN, details));
      break;
    case 'pass':
      decide(ends.pass);
      rules.push(rule(ends.whenPassed, RETURN, details));
      break;
    case 'deny':
      decide(ends.deny);
      break;
    case 'log':
      decide({ kind: 'log', prefix: logPrefix(notes.logged, context), level: LOG_LEVEL });
      break;
  }
  return rules;
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
