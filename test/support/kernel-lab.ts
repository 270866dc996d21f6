import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';
import type { KernelLab, LabOptions } from '../../src/lab/kernel-lab.ts';
import { startKernelLab } from '../../src/lab/start-kernel-lab.ts';
import { whyNoNamespace } from './namespace.ts';

const project = resolve(import.meta.dirname, '../..');

let worker: Promise<string> | undefined;

/** A lab whose inner process runs the sources as they are, built or not. */
export async function startTestLab(options: LabOptions): Promise<KernelLab> {
  worker ??= bundleWorker();
  return startKernelLab({ ...options, worker: await worker });
}

/** Why there can be no lab here; undefined when there can. */
export function whyNoLab(): string | undefined {
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  const programs = ['ip', 'nft', 'ipset', 'conntrack'];
  const restores = ['iptables', 'ip6tables'].flatMap((name) => [
    `${name}-legacy-restore`,
    `${name}-nft-restore`,
  ]);
  return whyNoNamespace([...programs, ...restores]);
}

/** Node cannot run TypeScript by itself. Below node_modules, so that what stays outside the bundle is found. */
async function bundleWorker(): Promise<string> {
  const { output } = await build({
    cwd: project,
    input: 'src/lab/lab-worker.ts',
    platform: 'node',
    external: ['koffi'],
    write: false,
    output: { format: 'esm', codeSplitting: false },
  });
  const { code } = output[0];
  const folder = join(project, 'node_modules/.cache/hepsim');
  const name = `lab-worker-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Other test files may be at it as well.
  writeFileSync(`${path}.${process.pid}`, code);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
