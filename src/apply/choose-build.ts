import type { SavedFirewall } from '../machine/read-firewall.ts';
import { KernelError } from '../source/errors.ts';
import {
  type Build,
  defaultBuild,
  type KernelTools,
  type SavedTexts,
  saveBuilds,
  systemTools,
} from './kernel-tools.ts';
import { isEmptyState } from './own-state.ts';
import { type KernelState, parseSaved } from './read-kernel.ts';

/** The build in use, and what it holds. */
export interface ChosenBuild {
  readonly tools: KernelTools;
  readonly kernel: KernelState;
  /** What the operator should know: rules in both builds. */
  readonly warnings: readonly string[];
}

export interface BuildOptions {
  readonly lockSeconds: number;
  readonly keepOpen?: number | undefined;
}

/** Both builds of this machine, each with what it holds. The first is the one whose programs have no build in their name. */
export function readBuilds(options: BuildOptions): readonly ChosenBuild[] {
  const usual = defaultBuild() ?? 'nft';
  const other: Build = usual === 'nft' ? 'legacy' : 'nft';
  const both = [usual, other].map((build) => ({ build, isDefault: build === usual }));
  const saved = saveBuilds(both);
  return both.map((one, index) => ({
    tools: systemTools(one.build, { ...options, ...one }),
    kernel: parseSaved(saved[index] as SavedTexts),
    warnings: [],
  }));
}

/** What both builds were seen to hold. */
export function savedFirewall(builds: readonly ChosenBuild[]): SavedFirewall {
  const of = (build: Build): SavedTexts['rules'] =>
    builds.find(({ tools }) => tools.build === build)?.kernel.saved.rules ?? { 4: '', 6: '' };
  return {
    rules: { nft: of('nft'), legacy: of('legacy') },
    sets: builds[0]?.kernel.saved.sets ?? '',
  };
}

/**
 * The build that holds our rules, else the one that holds rules of others, else the one that `iptables` is. Rules are never made in another.
 *
 * @throws KernelError when rules of ours are in both.
 */
export function chooseBuild(builds: readonly ChosenBuild[]): ChosenBuild {
  const ours = builds.filter(({ kernel }) => hasOwnRules(kernel));
  if (ours.length > 1) {
    throw new KernelError(
      'rejected',
      'rules of hepsim are in both builds of iptables, legacy and nft; `hepsim remove` takes both away',
      { command: [], status: undefined, stderr: '' },
    );
  }
  const used = builds.filter(({ kernel }) => kernel.foreignCount > 0);
  const chosen = (ours[0] ?? used[0] ?? builds[0]) as ChosenBuild;
  const elsewhere = used.filter(({ tools }) => tools.build !== chosen.tools.build);
  return {
    ...chosen,
    warnings: elsewhere.map(
      ({ tools, kernel }) =>
        `iptables-${tools.build} holds ${kernel.foreignCount} rules and chains too, and packets must pass both; ` +
        `hepsim writes to iptables-${chosen.tools.build} alone`,
    ),
  };
}

function hasOwnRules({ own }: KernelState): boolean {
  return !isEmptyState({ ...own, sets: new Map() });
}
