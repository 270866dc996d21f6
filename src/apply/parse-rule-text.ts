import { renderProtocol } from '../address/protocol.ts';
import type { TableName } from '../ruleset/hook.ts';
import { type OwnTable, type OwnTables, type PlacedRule, TABLES } from './own-state.ts';
import { isOwnChain, isOwnComment } from './ownership.ts';
import { optionValue, type RuleReferences, ruleReferences, ruleWords } from './rule-words.ts';

/** A rule of somebody else that refers to something of ours. */
export interface ForeignUse {
  readonly table: string;
  /** As iptables-save prints it, with `-A CHAIN`. */
  readonly line: string;
  readonly references: RuleReferences;
}

/** What one build of iptables holds in one family. */
export interface KernelRules {
  readonly own: OwnTables;
  readonly foreignUses: readonly ForeignUse[];
  /** Rules and user chains of others, in all tables. */
  readonly foreignCount: number;
}

/**
 * Reads what `iptables-save` prints: what is ours of it, and which rules of others lean on that.
 *
 * `protocolOf` gives the number of a protocol's name of this machine: the save tools print names, of which rules of ours hold few.
 *
 * @throws Error for a line that iptables-save does not print.
 */
export function parseSavedRules(
  text: string,
  protocolOf: (name: string) => number | undefined,
): KernelRules {
  const reader = new SavedRulesReader(protocolOf);
  for (const line of text.split('\n')) reader.read(line);
  return reader.finish();
}

class SavedRulesReader {
  readonly #protocolOf: (name: string) => number | undefined;
  readonly #own = new Map<TableName, OwnTable>();
  readonly #foreignUses: ForeignUse[] = [];
  #foreignCount = 0;
  #table = '';
  /** The kernel's own chains of the table, with all of their rules. */
  #bases = new Map<string, { readonly text: string; readonly own: boolean }[]>();
  #chains = new Map<string, string[]>();

  constructor(protocolOf: (name: string) => number | undefined) {
    this.#protocolOf = protocolOf;
  }

  read(line: string): void {
    if (line === '' || line.startsWith('#')) return;
    if (line.startsWith('*')) {
      this.#endTable();
      this.#table = line.slice(1);
    } else if (line === 'COMMIT') this.#endTable();
    else if (this.#table !== '' && line.startsWith(':')) this.#declare(line);
    else if (this.#table !== '' && line.startsWith('-A ')) this.#addRule(line);
    else throw new Error(`not a line that iptables-save prints: ${line}`);
  }

  finish(): KernelRules {
    this.#endTable();
    return { own: this.#own, foreignUses: this.#foreignUses, foreignCount: this.#foreignCount };
  }

  #declare(line: string): void {
    const name = line.slice(1, line.indexOf(' '));
    if (isOwnChain(name)) this.#chains.set(name, []);
    else if (line.startsWith(' - ', name.length + 1)) this.#foreignCount++;
    else this.#bases.set(name, []);
  }

  #addRule(line: string): void {
    const [chain, rule] = splitRuleLine(line);
    const text = withProtocolNumbers(rule, this.#protocolOf);
    const ours = this.#chains.get(chain);
    if (ours !== undefined) {
      ours.push(text);
      return;
    }
    const base = this.#bases.get(chain);
    const own = base !== undefined && isOwnRule(text);
    base?.push({ text, own });
    if (own) return;
    this.#foreignCount++;
    noteUse({ table: this.#table, line, references: ruleReferences(rule) }, this.#foreignUses);
  }

  #endTable(): void {
    const bases = new Map<string, readonly PlacedRule[]>();
    for (const [chain, rules] of this.#bases) {
      const placed = placeOwn(rules);
      if (placed.length > 0) bases.set(chain, placed);
    }
    const name = TABLES.find((known) => known === this.#table);
    if (name !== undefined && bases.size + this.#chains.size > 0) {
      this.#own.set(name, { bases, chains: this.#chains });
    }
    this.#table = '';
    this.#bases = new Map();
    this.#chains = new Map();
  }
}

/**
 * Reads text of our own for `iptables-restore --noflush`, as compile prints it.
 *
 * @throws Error for any other line.
 */
export function parseOwnRules(text: string): OwnTables {
  const tables = new Map<TableName, OwnTable>();
  let bases = new Map<string, PlacedRule[]>();
  let chains = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line === '' || line === 'COMMIT') continue;
    if (line.startsWith('*')) {
      bases = new Map();
      chains = new Map();
      tables.set(line.slice(1) as TableName, { bases, chains });
    } else if (line.startsWith(':')) chains.set(line.slice(1, line.indexOf(' ')), []);
    else if (line.startsWith('-I ')) {
      const [, chain, rule] = /^-I (\S+) \d+ ?(.*)$/.exec(line) as RegExpExecArray;
      addTo(bases, chain as string, { text: rule as string, place: { kind: 'first' } });
    } else if (line.startsWith('-A ')) {
      const [chain, rule] = splitRuleLine(line);
      const ours = chains.get(chain);
      if (ours !== undefined) ours.push(rule);
      else addTo(bases, chain, { text: rule, place: { kind: 'last' } });
    } else throw new Error(`not a line of a compiled ruleset: ${line}`);
  }
  for (const [name, table] of tables) {
    if (table.bases.size + table.chains.size === 0) tables.delete(name);
  }
  return tables;
}

function addTo(bases: Map<string, PlacedRule[]>, chain: string, rule: PlacedRule): void {
  const rules = bases.get(chain);
  if (rules === undefined) bases.set(chain, [rule]);
  else rules.push(rule);
}

function splitRuleLine(line: string): readonly [string, string] {
  const end = line.indexOf(' ', 3);
  return end < 0 ? [line.slice(3), ''] : [line.slice(3, end), line.slice(end + 1)];
}

function isOwnRule(text: string): boolean {
  if (!text.includes('hep:')) return false;
  const comment = optionValue(ruleWords(text), '--comment');
  return comment !== undefined && isOwnComment(comment);
}

function noteUse(use: ForeignUse, uses: ForeignUse[]): void {
  const { target, sets } = use.references;
  const usesChain = target !== undefined && isOwnChain(target);
  if (usesChain || sets.some((name) => name.startsWith('hep'))) uses.push(use);
}

function placeOwn(
  rules: readonly { readonly text: string; readonly own: boolean }[],
): readonly PlacedRule[] {
  const others = rules.filter(({ own }) => !own).length;
  const placed: PlacedRule[] = [];
  let before = 0;
  for (const [index, { text, own }] of rules.entries()) {
    if (own) {
      const place = {
        kind: 'found',
        index: index + 1,
        othersBefore: before,
        othersBehind: others - before,
      } as const;
      placed.push({ text, place });
    } else before++;
  }
  return placed;
}

const NAMED_PROTOCOL = /^((?:[^"]* )?-p )([a-z][a-z0-9.+-]*)/;

/** The name behind `-p`, which stands before anything quoted, as rules of ours have it. */
function withProtocolNumbers(
  text: string,
  protocolOf: (name: string) => number | undefined,
): string {
  if (!text.includes('-p ')) return text;
  return text.replace(NAMED_PROTOCOL, (whole, before: string, name: string) => {
    const number = protocolOf(name);
    return number === undefined ? whole : `${before}${storedProtocol(number, name)}`;
  });
}

/** Names that rules of ours hold too stay as they are. */
function storedProtocol(number: number, name: string): string {
  const ours = renderProtocol(number);
  return ours === String(number) ? ours : name;
}
