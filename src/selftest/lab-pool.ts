import type { Host } from '../host/host.ts';
import type { IptablesBuild, KernelLab, LabOptions } from '../lab/kernel-lab.ts';

/** Builds a lab. */
export type LabStarter = (options: LabOptions) => Promise<KernelLab>;

interface PooledLab {
  readonly key: string;
  readonly lab: Promise<KernelLab>;
}

/** Whose lab is meant: each lane, in which one ruleset comes after the other, has one for each build of iptables. */
export interface LabPlace {
  readonly build: IptablesBuild;
  readonly lane: number;
}

/** Keeps one lab for each place, builds another only for another host, and the one that is needed next ahead of time. */
export class LabPool {
  readonly #start: LabStarter;
  readonly #running: Map<string, PooledLab> = new Map();
  readonly #prepared: Map<string, PooledLab> = new Map();
  readonly #stopping: Set<Promise<void>> = new Set();

  constructor(start: LabStarter) {
    this.#start = start;
  }

  /** Begins to build the lab that is taken next, unless the one that is there will do. A failure shows when it is taken. */
  prepare(host: Host, place: LabPlace): void {
    const key = machineKey(host);
    const name = nameOf(place);
    if (this.#running.get(name)?.key === key) return;
    const prepared = this.#prepared.get(name);
    if (prepared?.key === key) return;
    if (prepared !== undefined) this.#let(prepared);
    this.#prepared.set(name, this.#startOne(key, host, place));
  }

  /** A lab of this host; rules and connections of what it served before are still there. */
  async take(host: Host, place: LabPlace): Promise<KernelLab> {
    const key = machineKey(host);
    const name = nameOf(place);
    const running = this.#running.get(name);
    if (running?.key === key) return running.lab;
    // What could not be stopped is told here at the latest.
    await Promise.all(this.#stopping);
    if (running !== undefined) this.#let(running);
    this.#running.delete(name);
    const prepared = this.#prepared.get(name);
    const isPrepared = prepared?.key === key;
    if (isPrepared) this.#prepared.delete(name);
    const next = isPrepared ? prepared : this.#startOne(key, host, place);
    this.#running.set(name, next);
    try {
      return await next.lab;
    } catch (error) {
      this.#running.delete(name);
      throw error;
    }
  }

  /** Stops every lab. */
  async stop(): Promise<void> {
    for (const labs of [this.#running, this.#prepared]) {
      for (const lab of labs.values()) this.#let(lab);
      labs.clear();
    }
    await Promise.all(this.#stopping);
  }

  #startOne(key: string, host: Host, { build }: LabPlace): PooledLab {
    const lab = this.#start({ host, build });
    // Whoever takes it is told.
    lab.catch(() => undefined);
    return { key, lab };
  }

  /** Has it stop while others work; one that never started is no more than nothing. */
  #let({ lab }: PooledLab): void {
    const stopped = lab.then(
      (started) => started.stop(),
      () => undefined,
    );
    const all = this.#stopping;
    all.add(stopped);
    stopped.then(
      () => all.delete(stopped),
      () => undefined,
    );
  }
}

function nameOf({ build, lane }: LabPlace): string {
  return `${build} ${lane}`;
}

/** The machine itself, without the rules that it carries and the places where it is written. */
export function machineKey({
  iptables,
  ip6tables,
  ipsets,
  connections,
  sysctls,
  ...machine
}: Host): string {
  return JSON.stringify({ ...machine, sysctls: [...sysctls].sort() });
}
