import { readFileSync } from 'node:fs';

/** How far up to look. */
const ANCESTORS_MAX = 64;

/**
 * The SSH_CONNECTION that this process was started under, from its own environment or, because sudo takes it out, from that of the processes
 * that started it. Undefined when there is none, or it may not be read.
 */
export function findSshConnection(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = environment.SSH_CONNECTION;
  if (own !== undefined && own !== '') return own;
  let pid = process.ppid;
  for (let step = 0; step < ANCESTORS_MAX && pid > 1; step++) {
    const found = /(?:^|\0)SSH_CONNECTION=([^\0]+)/.exec(readProcess(pid, 'environ'))?.[1];
    if (found !== undefined) return found;
    // Behind the name, which is in parentheses and may hold anything: state, parent.
    const stat = readProcess(pid, 'stat');
    const parent = /^ \S (\d+) /.exec(stat.slice(stat.lastIndexOf(')') + 1))?.[1];
    pid = Number(parent ?? 0);
  }
  return undefined;
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
