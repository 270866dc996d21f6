import type { Host } from '../host/host.ts';
import type { IptablesBuild, KernelLab, LabOptions } from '../lab/kernel-lab.ts';

/** Builds a lab. */
export type LabStarter = (options: LabOptions) => Promise<KernelLab>;

/** Keeps one lab for each build of iptables, and builds another only for another host. */
export class LabPool {
  readonly #start: LabStarter;
  readonly #running: Map<IptablesBuild, { readonly key: string; readonly lab: KernelLab }> =
    new Map();
  /** How many labs have been built. */
  started = 0;

  constructor(start: LabStarter) {
    this.#start = start;
  }

  /** A lab of this host; rules and connections of what it served before are still there. */
  async take(host: Host, build: IptablesBuild): Promise<KernelLab> {
    const key = keyOf(host);
    const running = this.#running.get(build);
    if (running?.key === key) return running.lab;
    if (running !== undefined) {
      this.#running.delete(build);
      await running.lab.stop();
    }
    const lab = await this.#start({ host, build });
    this.started++;
    this.#running.set(build, { key, lab });
    return lab;
  }

  /** Stops every lab. */
  async stop(): Promise<void> {
    const labs = [...this.#running.values()];
    this.#running.clear();
    for (const { lab } of labs) await lab.stop();
  }
}

/** The machine itself, without the rules that it carries and the places where it is written. */
function keyOf({ iptables, ip6tables, ipsets, connections, sysctls, ...machine }: Host): string {
  return JSON.stringify({ ...machine, sysctls: [...sysctls].sort() });
}
