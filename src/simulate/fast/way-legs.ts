import { LOCAL } from '../../packet/packet.ts';
import type { Hook } from '../../ruleset/hook.ts';
import { STATE_BIT } from '../connection-state-bits.ts';
import { STAGES } from '../pipeline.ts';
import { ChainWalk } from './chain-walk.ts';
import type { WalkContext } from './condition-reader.ts';
import type { WalkSources } from './rule-effects.ts';
import type { ForkMaker, WayFork } from './way-fork.ts';
import { TRACKED } from './ways-layout.ts';

/** What rules see, by TRACKED. */
const STATE_BITS: readonly number[] = [
  STATE_BIT.NEW,
  STATE_BIT.NEW,
  STATE_BIT.ESTABLISHED,
  STATE_BIT.INVALID,
  STATE_BIT.UNTRACKED,
];

/** One base chain on a packet's way. */
export interface Leg {
  readonly hook: Hook;
  readonly chain: number;
  readonly walk: ChainWalk;
  /** Mangle OUTPUT: a packet whose mark it changes is routed again. */
  readonly reroutes: boolean;
}

/** Some chains in a row. */
export interface Legs {
  /** Tells this stretch from others. */
  readonly event: number;
  readonly legs: readonly Leg[];
}

/** The way of packets of one protocol that came in by one interface, or that leave by one; made leg by leg. */
export interface Entry extends WalkContext {
  readonly event: number;
  /** Where its ways begin. */
  readonly start: WayFork;
  /** Before connection tracking; undefined where there is no such chain. */
  readonly raw: Leg | undefined;
  /** What follows connection tracking, by TRACKED: up to routing, or for what the host sends to the end. */
  readonly tracked: (Legs | undefined)[];
  /** What follows routing, by where it leads and TRACKED. */
  readonly routed: Map<string, (Legs | undefined)[]>;
}

/** The base chains that packets pass, in the kernel's order, each made when a packet first comes to it. */
export class WayLegs {
  readonly #sources: WalkSources;
  readonly #forks: ForkMaker;
  readonly #entries: Map<string, Entry[]> = new Map();
  readonly #walks: Map<string, ChainWalk> = new Map();

  constructor(sources: WalkSources, forks: ForkMaker) {
    this.#sources = sources;
    this.#forks = forks;
  }

  /** Where packets enter: `inInterface` is empty for those that the host sends, `outInterface` where it is not known yet. HOT */
  entry(inInterface: string, outInterface: string, protocol: number): Entry {
    const known = this.#entries.get(inInterface);
    if (known !== undefined) {
      for (let i = 0; i < known.length; i++) {
        const one = known[i]!;
        if (one.protocol === protocol && one.outInterface === outInterface) return one;
      }
    }
    return this.#enter({ inInterface, outInterface, protocol });
  }

  /** What follows connection tracking that said TRACKED. */
  afterTracking(entry: Entry, tracked: number): Legs {
    const hooks: readonly Hook[] =
      entry.inInterface === '' ? ['output', 'postrouting'] : ['prerouting'];
    const legs = hooks.flatMap((hook) => this.#legsOf(hook, entry, tracked));
    const made = { event: this.#sources.budget.event(), legs };
    entry.tracked[tracked] = made;
    return made;
  }

  /** What follows routing that leads to an interface, or to `local`. */
  afterRouting(entry: Entry, route: string, tracked: number): Legs {
    const { inInterface, protocol } = entry;
    const context = { protocol, inInterface, outInterface: route === LOCAL ? '' : route };
    const hooks: readonly Hook[] = route === LOCAL ? ['input'] : ['forward', 'postrouting'];
    const legs = hooks.flatMap((hook) => this.#legsOf(hook, context, tracked));
    const made = { event: this.#sources.budget.event(), legs };
    const list = entry.routed.get(route) ?? [];
    list[tracked] = made;
    entry.routed.set(route, list);
    return made;
  }

  #enter(context: WalkContext): Entry {
    const hook = context.inInterface === '' ? 'output' : 'prerouting';
    const made: Entry = {
      ...context,
      event: this.#sources.budget.event(),
      start: this.#forks.start(),
      raw: this.#legsOf(hook, context, undefined)[0],
      tracked: [],
      routed: new Map(),
    };
    const list = this.#entries.get(context.inInterface) ?? [];
    list.push(made);
    this.#entries.set(context.inInterface, list);
    return made;
  }

  /** The chains of a hook before connection tracking (`tracked` undefined), or behind it. */
  #legsOf(hook: Hook, context: WalkContext, tracked: number | undefined): readonly Leg[] {
    const { program } = this.#sources;
    const legs: Leg[] = [];
    let isTracked = hook !== 'prerouting' && hook !== 'output';
    for (const stage of STAGES[hook]) {
      if (stage.kind === 'conntrack') isTracked = true;
      if (stage.kind !== 'table' && stage.kind !== 'nat') continue;
      if (isTracked !== (tracked !== undefined)) continue;
      if (stage.kind === 'nat' && !this.#isTranslated(tracked)) continue;
      const table = stage.kind === 'nat' ? 'nat' : stage.table;
      const chain = program.baseChain(table, hook);
      if (chain < 0) continue;
      const states = tracked === undefined ? STATE_BIT.INVALID : STATE_BITS[tracked]!;
      const walk = this.#walkOf(context, chain, states);
      legs.push({ hook, chain, walk, reroutes: hook === 'output' && table === 'mangle' });
    }
    return legs;
  }

  /** Rules see some of what TRACKED tells apart as the same. */
  #walkOf(context: WalkContext, chain: number, states: number): ChainWalk {
    const { protocol, inInterface, outInterface } = context;
    const key = `${chain} ${states} ${protocol} ${inInterface} ${outInterface}`;
    let walk = this.#walks.get(key);
    if (walk === undefined) {
      walk = new ChainWalk(this.#sources, context, { chain, states });
      this.#walks.set(key, walk);
    }
    return walk;
  }

  /** Only the first packet of a connection is looked up in nat chains, where there are any. */
  #isTranslated(tracked: number | undefined): boolean {
    const { hasNat, tracksConnections } = this.#sources.program;
    return tracked === TRACKED.first && hasNat && tracksConnections;
  }
}
