import { existsSync } from 'node:fs';
import type { KernelLab, LabOptions } from '../../src/lab/kernel-lab.ts';
import { startKernelLab } from '../../src/lab/start-kernel-lab.ts';
import { bundle } from './bundle.ts';
import { whyNoNamespace } from './namespace.ts';

let worker: Promise<string> | undefined;

/** A lab whose inner process runs the sources as they are, built or not. */
export async function startTestLab(options: LabOptions): Promise<KernelLab> {
  worker ??= bundle('src/lab/lab-worker.ts');
  return startKernelLab({ ...options, worker: await worker });
}

/** Why there can be no lab here; undefined when there can. */
export function whyNoLab(): string | undefined {
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  const programs = ['ip', 'nft', 'ipset'];
  const restores = ['iptables', 'ip6tables'].flatMap((name) => [
    `${name}-legacy-restore`,
    `${name}-nft-restore`,
  ]);
  return whyNoNamespace([...programs, ...restores]);
}
