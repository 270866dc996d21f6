import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import type { IptablesBuild } from '../lab/kernel-lab.ts';

/** The kernel and the programs that take part. */
export interface KernelFacts {
  /** Its release, as `uname -r` prints it. */
  readonly kernel: string;
  /** The version line of each program that is installed, by its name. */
  readonly tools: ReadonlyMap<string, string>;
  /** The builds of iptables that take part. */
  readonly builds: readonly IptablesBuild[];
}

const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];

/** Programs that a lab needs, whatever the build of iptables, and the Debian packages that have them. */
const NEEDED: readonly (readonly [program: string, packageName: string])[] = [
  ['ip', 'iproute2'],
  ['ipset', 'ipset'],
  ['nft', 'nftables'],
];

/** Runs a program to ask for its version; the line, or undefined where it is not installed. */
export type AskVersion = (program: string) => string | undefined;

/** What is installed of what was asked for, or what is missing, in words. */
export type FoundFacts =
  | { readonly kind: 'facts'; readonly facts: KernelFacts }
  | { readonly kind: 'missing'; readonly message: string };

/** Looks for the programs that a run needs. Of `both` builds those that are installed take part. */
export function findKernelFacts(
  wanted: IptablesBuild | 'both',
  askVersion: AskVersion = versionOf,
): FoundFacts {
  const tools = new Map<string, string>();
  const installed = (program: string): boolean => {
    const version = askVersion(program);
    if (version !== undefined) tools.set(program, version);
    return version !== undefined;
  };
  const missing = NEEDED.filter(([program]) => !installed(program));
  const asked = wanted === 'both' ? BUILDS : [wanted];
  const builds = asked.filter(
    (build) => installed(`iptables-${build}-restore`) && installed(`ip6tables-${build}-restore`),
  );
  const packages = new Set(missing.map(([, name]) => name));
  const names = missing.map(([program]) => program);
  if (builds.length === 0) {
    packages.add('iptables');
    names.push(...asked.map((build) => `iptables-${build}-restore`));
  }
  if (names.length > 0) {
    const message = `not installed: ${names.join(', ')}; on Debian: apt-get install ${[...packages].join(' ')}`;
    return { kind: 'missing', message };
  }
  return { kind: 'facts', facts: { kernel: release(), tools, builds } };
}

function versionOf(program: string): string | undefined {
  const flag = program === 'ip' ? '-Version' : '--version';
  const { error, stdout } = spawnSync(program, [flag], { encoding: 'utf8', timeout: 10_000 });
  if (error !== undefined) return undefined;
  return stdout.split('\n')[0]?.trim() ?? '';
}
