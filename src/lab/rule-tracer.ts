import type { IpFamily } from '../address/ip-address.ts';
import { BASE_CHAIN, HOOK_TABLES, type Hook, type TableName } from '../ruleset/hook.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { IptablesBuild, TracedRule } from './kernel-lab.ts';
import type { LogMessage } from './netfilter-log.ts';
import { parseRulePlaces, type RulePlaces, rulePlaceKey } from './nft-rule-numbers.ts';
import { NftTrace } from './nft-trace.ts';
import { traceRules } from './observation-table.ts';
import { runProgram } from './run-program.ts';
import { type ChainLengths, chainLengths, parseTracePrefix } from './trace-prefix.ts';

const TRACE_START = 'T'.charCodeAt(0);
const TABLES: ReadonlySet<string> = new Set(Object.values(HOOK_TABLES).flat());
const HOOKS = new Map((Object.keys(BASE_CHAIN) as Hook[]).map((hook) => [BASE_CHAIN[hook], hook]));

/** Lists the rules that packets hit, by the means that each build of iptables has. */
export class RuleTracer {
  readonly #nft: NftTrace | undefined;
  readonly #lengths: Record<IpFamily, ChainLengths> = { 4: new Map(), 6: new Map() };
  /** Undefined: rules were loaded since. */
  #places: RulePlaces | undefined;
  #rules: TracedRule[] = [];
  #family: IpFamily = 4;
  #isOn = false;

  constructor(build: IptablesBuild) {
    this.#nft = build === 'nft' ? new NftTrace() : undefined;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** How many traces were lost so far. */
  get lost(): number {
    return this.#nft?.lost ?? 0;
  }

  /** Takes note of the rules that are loaded now. */
  loaded(ruleset: Ruleset): void {
    this.#lengths[ruleset.family] = chainLengths(ruleset);
    this.#places = undefined;
  }

  /** Has the kernel trace the packets to come, or not. */
  turn(on: boolean): void {
    if (on && this.#nft !== undefined && this.#places === undefined) {
      this.#places = parseRulePlaces(runProgram('nft', ['-j', 'list', 'ruleset']));
    }
    if (on === this.#isOn) return;
    runProgram('nft', ['-f', '-'], traceRules(on));
    this.#isOn = on;
  }

  /** Forgets the packet before. */
  begin(family: IpFamily): void {
    this.#rules = [];
    this.#family = family;
  }

  /** Takes a report if it is one of iptables-legacy's TRACE; false if not. */
  take({ code, bytes, prefixStart, prefixEnd, hook }: LogMessage): boolean {
    if (code !== TRACE_START) return false;
    const prefix = Buffer.from(bytes.subarray(prefixStart, prefixEnd)).toString('latin1');
    const rule = parseTracePrefix(prefix, hook, this.#lengths[this.#family]);
    if (rule !== undefined) this.#rules.push(rule);
    return true;
  }

  /** The rules that the packet hit, in order; undefined when tracing is off. */
  finish(): readonly TracedRule[] | undefined {
    if (!this.#isOn) return undefined;
    if (this.#nft !== undefined) this.#readNft(this.#nft);
    return this.#rules;
  }

  #readNft(nft: NftTrace): void {
    let hook: Hook | undefined;
    for (const { family, table, chain, handle } of nft.drain()) {
      // User chains are called from the base chain that was passed last.
      hook = HOOKS.get(chain) ?? hook;
      if (family === undefined || handle === undefined) continue;
      const place = this.#places?.get(rulePlaceKey(family, table, handle));
      if (place === undefined || hook === undefined || !isTableName(table)) {
        throw new Error(`nft traced a rule that nobody loaded: ${table} ${chain} ${handle}`);
      }
      this.#rules.push({ hook, table, ...place });
    }
  }
}

function isTableName(name: string): name is TableName {
  return TABLES.has(name);
}
