import type { Build, KernelTools } from '../../src/apply/kernel-tools.ts';
import { KernelError } from '../../src/source/errors.ts';
import type { NetworkNamespace } from './namespace.ts';

/** The tools of a build as they are inside a namespace. */
export function namespaceTools(namespace: NetworkNamespace, build: Build): KernelTools {
  const run = (program: string, args: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = namespace.run(program, args, input);
    if (status === 0) return stdout;
    const command = [program, ...args];
    throw new KernelError('rejected', `${command.join(' ')}: ${stderr}\n${input}`, {
      command,
      status,
      stderr,
    });
  };
  const nameOf = (family: 4 | 6, tool: string): string =>
    `${family === 4 ? 'iptables' : 'ip6tables'}-${build}-${tool}`;
  return {
    build,
    save: () => ({
      rules: { 4: run(nameOf(4, 'save'), []), 6: run(nameOf(6, 'save'), []) },
      sets: run('ipset', ['save']),
    }),
    restoreRules: (family, text) => {
      run(nameOf(family, 'restore'), ['--noflush', '-w', '60'], text);
    },
    restoreSets: (text) => {
      run('ipset', ['restore'], text);
    },
    swapSets: (one, other) => {
      run('ipset', ['swap', one, other]);
    },
    destroySets: (names) => {
      for (let attempt = 0; ; attempt++) {
        const present = run('ipset', ['list', '-n']).split('\n');
        const lines = names.filter((name) => present.includes(name)).map((n) => `destroy ${n}\n`);
        try {
          run('ipset', ['restore'], lines.join(''));
          return;
        } catch (error) {
          // nft lets go of sets a little after their rules.
          if (attempt === 100 || !(error as KernelError).stderr.includes('in use')) throw error;
        }
      }
    },
  };
}
