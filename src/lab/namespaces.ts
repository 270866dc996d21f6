import { readdirSync } from 'node:fs';
import { LabError } from './lab-error.ts';
import { runProgram } from './run-program.ts';

/** Where `ip netns` keeps the names of namespaces. */
const NAMES = '/run/netns';

const OWN_NAME = /^hepsim-(\d+)-\d+$/;

let made = 0;

/**
 * Makes a network namespace that nothing is connected to, named after this process. Those of processes that are gone are removed first.
 *
 * @throws LabError where this process may not.
 */
export function addNamespace(): string {
  removeAbandoned();
  made++;
  const name = `hepsim-${process.pid}-${made}`;
  try {
    runProgram('ip', ['netns', 'add', name]);
  } catch (error) {
    if (!(error instanceof LabError) || error.failed === undefined) throw error;
    const message = `no network namespace can be made here: ${error.failed.stderr.trim()}`;
    throw new LabError('not-permitted', message, error.failed);
  }
  return name;
}

/** Removes a namespace's name; the namespace goes when the last process inside has ended. Nothing happens when it is gone already. */
export function removeNamespace(name: string): void {
  if (!namespaceNames().includes(name)) return;
  runProgram('ip', ['netns', 'delete', name]);
}

function removeAbandoned(): void {
  for (const name of namespaceNames()) {
    const owner = OWN_NAME.exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    try {
      removeNamespace(name);
    } catch (error) {
      // Another lab that starts at this moment removes it as well.
      if (namespaceNames().includes(name)) throw error;
    }
  }
}

function namespaceNames(): readonly string[] {
  try {
    return readdirSync(NAMES);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
