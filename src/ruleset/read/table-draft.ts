import type { SourceLocation } from '../../source/location.ts';
import { BASE_CHAIN, HOOK_TABLES, type Hook, type TableName } from '../hook.ts';
import { RefusedRule } from '../option/given-options.ts';
import { renderRule } from '../render-ruleset.ts';
import type { Chain, Counters, Rule, Table } from '../ruleset.ts';
import type { Target } from '../target/target.ts';
import type { RuleCommand } from './rule-command.ts';

/** A chain that is being read. */
interface ChainDraft {
  readonly name: string;
  readonly hook: Hook | undefined;
  policy: 'accept' | 'drop' | undefined;
  rules: Rule[];
  origin: SourceLocation | undefined;
  counters: Counters | undefined;
}

/** The longest chain name in bytes. */
const LONGEST_NAME = 28;

/** A table that is being read: its chains, and what the commands of a restore file do to them. */
export class TableDraft {
  readonly name: TableName;
  readonly #family: 4 | 6;
  // A chain that no line speaks of is not there, but base chains can be spoken of undeclared.
  readonly #chains = new Map<string, ChainDraft>();

  constructor(name: TableName, family: 4 | 6) {
    this.name = name;
    this.#family = family;
  }

  hasUserChain(name: string): boolean {
    return this.#chains.get(name)?.hook === undefined && this.#chains.has(name);
  }

  /**
   * Takes `:NAME POLICY [0:0]`; a user chain that is there already is emptied.
   *
   * @throws RefusedRule for a name or policy that the chain cannot have.
   */
  declare(
    name: string,
    policy: string,
    place: { readonly origin: SourceLocation; readonly counters: Counters | undefined },
  ): void {
    const base = this.#findBase(name);
    if (base === undefined) {
      if (policy !== '-') throw new RefusedRule(`chain \`${name}\` is none that has a policy`, 1);
      this.#checkNewName(name, 0);
    }
    const draft = base ?? this.#add(name, undefined);
    draft.rules = [];
    draft.origin = place.origin;
    draft.counters = place.counters;
    if (policy !== '-') draft.policy = parsePolicy(policy, 1);
  }

  /**
   * Does what a command says. `rules` are what it puts in or looks for.
   *
   * @throws RefusedRule where the table does not allow it.
   */
  apply(command: RuleCommand, rules: readonly Rule[], origin: SourceLocation): void {
    switch (command.kind) {
      case 'new-chain':
        this.#checkNewName(command.chain, 1);
        if (this.#chains.has(command.chain) || this.#findBase(command.chain) !== undefined) {
          throw new RefusedRule(`chain \`${command.chain}\` is there already`, 1);
        }
        this.#add(command.chain, undefined).origin = origin;
        return;
      case 'policy': {
        const base = this.#findBase(command.chain);
        if (base === undefined) throw new RefusedRule('only base chains have a policy', 1);
        base.policy = parsePolicy(command.policy, 2);
        return;
      }
      case 'rename-chain':
        this.#rename(command.chain, command.name);
        return;
      case 'zero':
        return;
      case 'flush':
        for (const draft of this.#named(command.chain)) draft.rules = [];
        return;
      case 'delete-chain':
        for (const draft of this.#named(command.chain))
          this.#remove(draft, command.chain !== undefined);
        return;
      default:
        this.#change(command, rules);
    }
  }

  /** The table as data, chains in the order in which they were declared, base chains first. */
  finish(): Table {
    const drafts = [...this.#chains.values()];
    const chains: Chain[] = [];
    for (const draft of drafts) {
      const { name, hook, policy, rules, origin, counters } = draft;
      if (hook !== undefined)
        chains.push({ kind: 'base', name, hook, policy, rules, origin, counters });
    }
    for (const { name, hook, rules, origin } of drafts) {
      if (hook === undefined) chains.push({ kind: 'user', name, rules, owner: undefined, origin });
    }
    return { name: this.name, chains };
  }

  #change(
    command: Exclude<
      RuleCommand,
      { readonly kind: 'flush' | 'zero' | 'delete-chain' | 'new-chain' | 'rename-chain' | 'policy' }
    >,
    rules: readonly Rule[],
  ): void {
    const draft = this.#get(command.chain);
    switch (command.kind) {
      case 'append':
        for (const rule of rules) draft.rules.push(rule);
        return;
      case 'insert':
        // Each is put in at the same place, so that the last one stands first.
        if (command.number > draft.rules.length + 1)
          throw new RefusedRule('there are fewer rules', 2);
        draft.rules.splice(command.number - 1, 0, ...rules.toReversed());
        return;
      case 'replace':
        this.#checkNumber(draft, command.number);
        if (rules.length !== 1) throw new RefusedRule('-R takes one address each', 0);
        draft.rules[command.number - 1] = rules[0] as Rule;
        return;
      case 'delete-number':
        this.#checkNumber(draft, command.number);
        draft.rules.splice(command.number - 1, 1);
        return;
      default:
        for (const rule of rules) {
          const at = this.#find(draft, rule);
          if (command.kind === 'delete') draft.rules.splice(at, 1);
        }
    }
  }

  #find(draft: ChainDraft, rule: Rule): number {
    const text = renderRule(rule, this.#family);
    const at = draft.rules.findIndex((one) => renderRule(one, this.#family) === text);
    if (at < 0) throw new RefusedRule(`chain \`${draft.name}\` has no such rule`, 0);
    return at;
  }

  #checkNumber(draft: ChainDraft, number: number): void {
    if (number > draft.rules.length) throw new RefusedRule('there are fewer rules', 2);
  }

  #named(name: string | undefined): readonly ChainDraft[] {
    return name === undefined ? [...this.#chains.values()] : [this.#get(name)];
  }

  #remove(draft: ChainDraft, asked: boolean): void {
    if (draft.hook !== undefined) {
      if (asked) throw new RefusedRule('a base chain stays', 1);
      return;
    }
    if (draft.rules.length > 0) throw new RefusedRule(`chain \`${draft.name}\` is not empty`, 1);
    for (const { rules } of this.#chains.values()) {
      if (rules.some(({ target }) => calledBy(target) === draft.name)) {
        throw new RefusedRule(`chain \`${draft.name}\` is in use`, 1);
      }
    }
    this.#chains.delete(draft.name);
  }

  #rename(from: string, to: string): void {
    const draft = this.#get(from);
    this.#checkNewName(to, 2);
    if (draft.hook !== undefined || this.#chains.has(to)) {
      throw new RefusedRule(`chain \`${from}\` cannot be renamed to \`${to}\``, 2);
    }
    const others = [...this.#chains.values()].map((one) =>
      one === draft ? { ...one, name: to } : one,
    );
    this.#chains.clear();
    for (const one of others) {
      this.#chains.set(one.name, one);
      one.rules = one.rules.map((rule) =>
        calledBy(rule.target) === from
          ? {
              ...rule,
              target: { ...(rule.target as Extract<Target, { kind: 'jump' | 'goto' }>), chain: to },
            }
          : rule,
      );
    }
  }

  #get(name: string): ChainDraft {
    // A chain that was declared has the name to itself.
    const draft = this.#chains.get(name) ?? this.#findBase(name);
    if (draft === undefined) {
      throw new RefusedRule(`chain \`${name}\` does not exist in table ${this.name}`, 1);
    }
    return draft;
  }

  #findBase(name: string): ChainDraft | undefined {
    const hook = (Object.keys(HOOK_TABLES) as Hook[]).find((one) => BASE_CHAIN[one] === name);
    if (hook === undefined || !HOOK_TABLES[hook].includes(this.name)) return undefined;
    return this.#chains.get(name) ?? this.#add(name, hook);
  }

  #add(name: string, hook: Hook | undefined): ChainDraft {
    const draft: ChainDraft = {
      name,
      hook,
      policy: undefined,
      rules: [],
      origin: undefined,
      counters: undefined,
    };
    this.#chains.set(name, draft);
    return draft;
  }

  #checkNewName(name: string, word: number): void {
    if (new TextEncoder().encode(name).length > LONGEST_NAME) {
      throw new RefusedRule(`a chain's name has at most ${LONGEST_NAME} bytes`, word);
    }
    if (/^(?:ACCEPT|DROP|RETURN|QUEUE)$/.test(name) || name === '') {
      throw new RefusedRule(`\`${name}\` is not a name for a chain`, word);
    }
  }
}

function calledBy(target: Target | undefined): string | undefined {
  return target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : undefined;
}

function parsePolicy(text: string, word: number): 'accept' | 'drop' {
  if (text === 'ACCEPT') return 'accept';
  if (text === 'DROP') return 'drop';
  throw new RefusedRule(`\`${text}\` is not a policy`, word, 'A policy is ACCEPT or DROP.');
}
