import type { TableName } from '../ruleset/hook.ts';
import { BASE_CHAIN, type Hook } from '../ruleset/hook.ts';
import type { ChainOwner } from '../ruleset/rule-meaning.ts';
import type { BaseChain, Rule, Table, UserChain } from '../ruleset/ruleset.ts';

const HOOKS: readonly Hook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

/** Collects the chains of one table. The table's text does not depend on the order in which they were added. */
export class TableBuilder {
  readonly name: TableName;
  readonly #bases = new Map<Hook, BaseChain>();
  readonly #users = new Map<string, UserChain>();

  constructor(name: TableName) {
    this.name = name;
  }

  /** Rules of ours for the kernel's chain; its policy stays as it is. */
  addBase(hook: Hook, rules: readonly Rule[]): void {
    this.#bases.set(hook, { kind: 'base', name: BASE_CHAIN[hook], hook, policy: undefined, rules });
  }

  /** @throws Error when the table has a chain of that name. */
  addUser(name: string, rules: readonly Rule[], owner?: ChainOwner): void {
    if (this.#users.has(name)) throw new Error(`table ${this.name} has two chains named ${name}`);
    this.#users.set(name, { kind: 'user', name, rules, owner });
  }

  has(name: string): boolean {
    return this.#users.has(name);
  }

  build(): Table {
    const users = [...this.#users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const bases = HOOKS.flatMap((hook) => this.#bases.get(hook) ?? []);
    return { name: this.name, chains: [...bases, ...users] };
  }
}
