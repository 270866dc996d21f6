import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KernelLab, LabOptions } from './kernel-lab.ts';
import { LabError } from './lab-error.ts';
import { LabProcess } from './lab-process.ts';
import { addNamespace, removeNamespace } from './namespaces.ts';

/** Packets a request: enough that asking costs little, few enough that both processes work at the same time. */
const PACKETS_PER_REQUEST = 1000;

/** Namespaces that are in use by this process. */
const open = new Set<string>();

/**
 * Makes a test host in a network namespace of its own, which is removed again when the lab is stopped, when this process ends, and at the
 * latest when the next lab starts.
 *
 * @throws LabError when namespaces or programs are not to be had here, and for a host that cannot be made.
 */
export async function startKernelLab(options: LabOptions): Promise<KernelLab> {
  const name = addNamespace();
  if (open.size === 0) watchForEnd();
  open.add(name);
  let process_: LabProcess | undefined;
  try {
    process_ = new LabProcess(spawnWorker(name, options.worker ?? workerPath()));
    await process_.ask({ kind: 'start', options });
    return labOf(name, process_);
  } catch (error) {
    await process_?.end();
    release(name);
    throw error;
  }
}

function labOf(name: string, worker: LabProcess): KernelLab {
  return {
    namespace: name,
    load: async (rulesets) => {
      await worker.ask({ kind: 'load', rulesets });
    },
    flushConnections: async () => {
      await worker.ask({ kind: 'flush' });
    },
    inject: async (packets, options = {}) => {
      const answers = [];
      for (let at = 0; at < packets.length; at += PACKETS_PER_REQUEST) {
        const some = packets.slice(at, at + PACKETS_PER_REQUEST);
        answers.push(worker.ask({ kind: 'inject', packets: some, options }));
      }
      return (await Promise.all(answers)).flat();
    },
    stop: async () => {
      await worker.end();
      release(name);
    },
  };
}

function spawnWorker(name: string, path: string): ChildProcess {
  return spawn('ip', ['netns', 'exec', name, process.execPath, path], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

/** The worker beside this module. It is one file beside the bundled program as well, since it starts for every host. */
function workerPath(): string {
  const path = fileURLToPath(new URL('./lab-worker.js', import.meta.url));
  if (existsSync(path)) return path;
  throw new LabError('failed', 'the lab has not been built: there is no lab-worker.js');
}

function release(name: string): void {
  open.delete(name);
  removeNamespace(name);
  if (open.size > 0) return;
  process.off('exit', releaseAll);
  for (const signal of SIGNALS) process.off(signal, endBySignal);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function watchForEnd(): void {
  process.on('exit', releaseAll);
  for (const signal of SIGNALS) process.on(signal, endBySignal);
}

function releaseAll(): void {
  for (const name of [...open]) release(name);
}

function endBySignal(signal: NodeJS.Signals): void {
  releaseAll();
  // Without this handler, which is gone by now, the signal ends the process as it would have.
  process.kill(process.pid, signal);
}
