import type { Hook } from '../ruleset/hook.ts';
import type { ChainOwner, RuleMeaning } from '../ruleset/rule-meaning.ts';
import type { Chain, Rule } from '../ruleset/ruleset.ts';
import type { SourceLocation } from '../source/location.ts';
import { CALLS, EVENT, type JournalRecord } from './journal.ts';
import type { Ending, EndingCause } from './journey.ts';
import type { Decision, PathEvent } from './packet-result.ts';
import type { ProgramChain, ProgramRule, RuleProgram } from './rule-program.ts';

/** What every chain that the compiler makes is called by. */
const OWN_PREFIX = 'hep-';

/** How the identifying comment of every rule that the compiler makes begins. */
const OWN_COMMENT = 'hep:';

/** What settled a packet's verdict, and everything of ours that accepted or dropped it on the way. */
export interface Decisions {
  readonly decision: Decision;
  readonly decisions: readonly Decision[];
}

/**
 * Reads out of the rules that a packet met what they decided, in the author's words.
 *
 * The endpoint that a rule speaks of is the owner of its chain, or of the nearest chain that called it. A policy that allows only sets
 * a mark; the rule that later accepts for the mark has no meaning of its own.
 */
export function decisionsOf(record: JournalRecord, ending: Ending): Decisions {
  return decide(record.program, tellingRulesOf(record), ending.cause);
}

/** A rule that a packet matched, by its number in the program, and the endpoint that it speaks of. */
export interface MetRuleAt {
  readonly rule: number;
  readonly hook: Hook;
  readonly owner: ChainOwner | undefined;
}

/** The decision about a packet that matched these rules, in this order, and ended as told. Rules that decide nothing may be left out. */
export function decisionOfRules(
  program: RuleProgram,
  rules: readonly MetRuleAt[],
  cause: EndingCause,
): Decision {
  const roles = rolesOf(program);
  const telling: TellingRule[] = [];
  for (let i = 0; i < rules.length; i++) {
    const { rule, hook, owner } = rules[i]!;
    if ((roles.roles[rule]! & ROLE.tells) === 0) continue;
    telling.push(tellingRuleOf(program, roles, rule, hook, owner));
  }
  return decide(program, telling, cause).decision;
}

/** Whether a rule can decide anything, or names what was decided. */
export function tellsDecision(program: RuleProgram, rule: number): boolean {
  return (rolesOf(program).roles[rule]! & ROLE.tells) !== 0;
}

function decide(
  program: RuleProgram,
  telling: readonly TellingRule[],
  cause: EndingCause,
): Decisions {
  const decisions: Decision[] = [];
  let accepted: Decision | undefined;
  let foreignAccept: Decision | undefined;
  let ended: Decision | undefined;
  const endedBy = cause.kind === 'rule' ? cause.rule : -1;
  for (let i = 0; i < telling.length; i++) {
    const { id, own, accepts, foreign, acceptsAsForeign } = telling[i]!;
    if (own !== undefined) {
      decisions.push(own);
      if (accepts) accepted = own;
    }
    if (id === endedBy) ended = own ?? foreign;
    if (acceptsAsForeign) foreignAccept = foreign;
  }
  const decision = ended ??
    endedOtherwise(program, cause) ??
    accepted ??
    foreignAccept ?? { kind: 'unpoliced' as const };
  return { decision, decisions };
}

/** Whether the packet met a rule of ours: of a chain that the compiler makes, or one that it puts into a base chain. */
export function metOwnRule(record: JournalRecord): boolean {
  const { program, words, start, end } = record;
  let own = false;
  const meet = (rule: number): void => {
    own ||= isOwn(program.rules[rule]!);
  };
  for (let i = start; i < end && !own; i += 2) {
    const first = words[i]!;
    if (first >= 0) {
      meet(first);
    } else if (first === CALLS) {
      i += 2;
      program.quietCalls.rules(words[i]!, words[i + 1]!, 0, meet);
    }
  }
  return own;
}

function isOwn({ rule, chain }: Pick<ProgramRule, 'rule' | 'chain'>): boolean {
  const target = rule.target;
  return (
    rule.meaning !== undefined ||
    chain.chain.name.startsWith(OWN_PREFIX) ||
    rule.comment?.startsWith(OWN_COMMENT) === true ||
    ((target?.kind === 'jump' || target?.kind === 'goto') && target.chain.startsWith(OWN_PREFIX))
  );
}

/** A rule that matched, at the hook where it did, with the endpoint it speaks of. */
interface MetRule {
  readonly rule: Rule;
  readonly number: number;
  readonly chain: ProgramChain;
  readonly hook: Hook;
  readonly owner: ChainOwner | undefined;
}

/** What a rule that matched says of a packet's verdict. */
interface TellingRule {
  readonly id: number;
  readonly hook: Hook;
  readonly owner: ChainOwner | undefined;
  /** What it decided as a rule of ours; undefined for a foreign one and for one that passes, logs or lets an unpoliced packet go. */
  readonly own: Decision | undefined;
  /** Whether it lets the packet through rather than stopping it. */
  readonly accepts: boolean;
  /** What it decided as none of ours; undefined where nobody asks. */
  readonly foreign: Decision | undefined;
  readonly acceptsAsForeign: boolean;
}

/** HOT: a packet through many policies meets hundreds of rules that only lead from chain to chain. */
function tellingRulesOf(record: JournalRecord): readonly TellingRule[] {
  const { program, words, start, end, events } = record;
  const kept = rolesOf(program);
  const { roles, owners: chainOwners } = kept;
  const telling: TellingRule[] = [];
  const owners: (ChainOwner | undefined)[] = [];
  let hook: Hook = 'prerouting';
  const meet = (id: number, depth: number): void => {
    const role = roles[id]!;
    if (role === 0) return;
    // A base chain belongs to nobody; what was called from the one before is over.
    if ((role & ROLE.base) !== 0) owners[0] = undefined;
    const owner = chainOwners[id] ?? owners[depth];
    if ((role & ROLE.jump) !== 0) owners[depth + 1] = owner;
    if ((role & ROLE.goto) !== 0) owners[depth] = owner;
    if ((role & ROLE.tells) === 0) return;
    telling.push(tellingRuleOf(program, kept, id, hook, owner));
  };
  for (let i = start; i < end; i += 2) {
    const first = words[i]!;
    if (first >= 0) {
      meet(first, words[i + 1]!);
    } else if (first === EVENT) {
      hook = hookEntered(events[words[i + 1]!]!) ?? hook;
    } else if (first === CALLS) {
      i += 2;
      program.quietCalls.tellingRules(words[i]!, words[i + 1]!, words[i - 1]!, meet);
    }
  }
  return telling;
}

/** What a rule says is the same for every packet at the hook that it meets for the same endpoint, so that it is kept. HOT */
function tellingRuleOf(
  program: RuleProgram,
  { known }: Roles,
  id: number,
  hook: Hook,
  owner: ChainOwner | undefined,
): TellingRule {
  let one = known[id];
  if (one === undefined || one.hook !== hook || one.owner !== owner) {
    one = tellingRule(id, program.rules[id]!, hook, owner);
    known[id] = one;
  }
  return one;
}

function tellingRule(
  id: number,
  { rule, chain, number }: ProgramRule,
  hook: Hook,
  owner: ChainOwner | undefined,
): TellingRule {
  const met = { rule, number, chain, hook, owner };
  const own = ownDecision(met);
  const acceptsAsForeign =
    rule.target?.kind === 'accept' && chain.table === 'filter' && !isOwn({ rule, chain });
  return {
    id,
    hook,
    owner,
    own,
    accepts: !drops(rule),
    foreign: own === undefined || acceptsAsForeign ? foreignDecision(met) : undefined,
    acceptsAsForeign,
  };
}

function foreignDecision(met: MetRule): Decision {
  const foreign: Writable<Decision> = { kind: 'foreign' };
  writePlace(foreign, met);
  return foreign;
}

/** What a rule is for reading decisions, as bits; 0 for one that can be passed over. */
const ROLE = { base: 1, jump: 2, goto: 4, tells: 8 } as const;

interface Roles {
  readonly roles: Uint8Array;
  /** Of each rule's own chain. */
  readonly owners: readonly (ChainOwner | undefined)[];
  /** What each rule said last. */
  readonly known: (TellingRule | undefined)[];
}

/** Made once for a program. */
const ROLES: WeakMap<RuleProgram, Roles> = new WeakMap();

function rolesOf(program: RuleProgram): Roles {
  const known = ROLES.get(program);
  if (known !== undefined) return known;
  const made = {
    roles: Uint8Array.from(program.rules, roleOf),
    owners: program.rules.map(({ chain }) => ownerOf(chain.chain)),
    known: program.rules.map(() => undefined),
  };
  ROLES.set(program, made);
  return made;
}

function roleOf({ rule, chain }: ProgramRule): number {
  const { target } = rule;
  return (
    (chain.chain.kind === 'base' ? ROLE.base : 0) |
    (target?.kind === 'jump' ? ROLE.jump : 0) |
    (target?.kind === 'goto' ? ROLE.goto : 0) |
    (rule.meaning !== undefined || isTerminal(rule) ? ROLE.tells : 0)
  );
}

function hookEntered(event: PathEvent): Hook | undefined {
  return event.kind === 'hook' ? event.hook : undefined;
}

function ownerOf(chain: Chain): ChainOwner | undefined {
  return chain.kind === 'user' ? chain.owner : undefined;
}

function isTerminal({ target }: Rule): boolean {
  return target?.kind === 'accept' || target?.kind === 'drop' || target?.kind === 'reject';
}

function drops({ target }: Rule): boolean {
  return target?.kind === 'drop' || target?.kind === 'reject';
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What a rule of ours decided; undefined for a foreign one and for one that passes, logs or lets an unpoliced packet go. */
function ownDecision(met: MetRule): Decision | undefined {
  const meaning = met.rule.meaning;
  if (meaning === undefined) return undefined;
  const { owner } = met;
  const { origin } = met.rule;
  if (meaning.kind === 'policy' && owner !== undefined && origin !== undefined) {
    return ofPolicyRule(met, meaning, owner, origin);
  }
  // Spreading objects into each other would take longer than everything else that is worked out of a rule once.
  const decision: Writable<Decision> = { kind: meaning.kind };
  switch (meaning.kind) {
    case 'policy':
    case 'profile':
      if (meaning.action === 'pass' || meaning.action === 'log') return undefined;
      writePolicyRule(decision, meaning);
      break;
    case 'failsafe':
      decision.direction = meaning.direction;
      break;
    case 'default':
      // An endpoint without policy of the kind accepts, which nothing of ours decided.
      if (!drops(met.rule)) return undefined;
      if (meaning.tier !== undefined) decision.tier = meaning.tier;
      if (owner !== undefined) decision.direction = owner.direction;
      break;
    case 'workload':
      if (owner !== undefined) decision.direction = owner.direction;
      if (meaning.reason !== undefined) decision.reason = meaning.reason;
      break;
    default:
      if (owner !== undefined) decision.direction = owner.direction;
  }
  if (owner !== undefined) {
    decision.endpoint = owner.endpoint;
    decision.type = owner.type;
  }
  writePlace(decision, met);
  return decision;
}

/** As written field by field below, in one go: most decisions are such, and an object that grows takes more time and room. */
function ofPolicyRule(
  { hook, chain, number }: MetRule,
  { policy, tier, direction, ruleIndex, action }: Extract<RuleMeaning, { kind: 'policy' }>,
  { endpoint, type }: ChainOwner,
  { file, line }: SourceLocation,
): Decision | undefined {
  if (action === 'pass' || action === 'log') return undefined;
  return {
    kind: 'policy',
    policy,
    tier,
    direction,
    ruleIndex,
    endpoint,
    type,
    hook,
    table: chain.table,
    chain: chain.chain.name,
    rule: number,
    source: { file, line },
  };
}

function writePolicyRule(
  decision: Writable<Decision>,
  meaning: Extract<RuleMeaning, { kind: 'policy' | 'profile' }>,
): void {
  if (meaning.kind === 'profile') decision.policy = meaning.profile;
  else {
    decision.policy = meaning.policy;
    if (meaning.tier !== undefined) decision.tier = meaning.tier;
  }
  decision.direction = meaning.direction;
  decision.ruleIndex = meaning.ruleIndex;
}

/** Writes where a rule stands, in the contract's fields. */
function writePlace(decision: Writable<Decision>, { hook, chain, number, rule }: MetRule): void {
  decision.hook = hook;
  decision.table = chain.table;
  decision.chain = chain.chain.name;
  decision.rule = number;
  const { origin } = rule;
  if (origin !== undefined) decision.source = { file: origin.file, line: origin.line };
}

function endedOtherwise(program: RuleProgram, cause: EndingCause): Decision | undefined {
  switch (cause.kind) {
    case 'chain-policy': {
      const { table, chain } = program.chains[cause.chain]!;
      const origin = chain.kind === 'base' ? chain.origin : undefined;
      const source =
        origin === undefined ? {} : { source: { file: origin.file, line: origin.line } };
      return { kind: 'foreign', hook: cause.hook, table, chain: chain.name, rule: 0, ...source };
    }
    case 'routing':
    case 'conntrack':
      return { kind: cause.kind, reason: cause.reason };
    case 'rule':
      // Of our own translation, which accepts or drops nothing by itself.
      return program.rules[cause.rule]?.rule.target?.kind === 'masquerade'
        ? { kind: 'conntrack', reason: 'MASQUERADE finds no address to take' }
        : undefined;
    default:
      return undefined;
  }
}
