import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ended, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';

/** A service manager's end: a datagram socket by this name, and a line for each datagram. Node has no such sockets. */
const SERVER = `
import json, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
server.bind('\\0' + name[1:] if name.startswith('@') else name)
print(json.dumps(''), flush=True)
while True:
    print(json.dumps(server.recv(65536).decode()), flush=True)
`;

import { hostSuite } from '../support/kernel-suite.ts';

hostSuite('a service', { builds: ['nft'], programs: ['systemd-notify', 'python3'] }, (at) => {
  let server: ChildProcess | undefined;
  beforeEach(() => {
    mkdirSync(join(at.host.folder, 'documents'));
    at.host.write('documents/endpoint.yaml', ENDPOINT);
    at.host.write('documents/policy.yaml', onePolicy(8080));
  });
  afterEach(async () => {
    if (server !== undefined) {
      const end = once(server, 'exit');
      server.kill();
      await end;
    }
    server = undefined;
  });

  /** What the service manager has been told, a datagram each, its lines apart. */
  const listen = async (name: string): Promise<readonly (readonly string[])[]> => {
    // Names that begin with @ are those of a network namespace.
    const inside = [at.host.namespace.enter, '--', 'python3', '-c', SERVER, name];
    const started = spawn('nsenter', inside, { stdio: ['ignore', 'pipe', 'inherit'] });
    server = started;
    const told: (readonly string[])[] = [];
    createInterface({ input: started.stdout }).on('line', (line) => {
      told.push((JSON.parse(line) as string).split('\n'));
    });
    await until(() => told.length > 0);
    at.host.environment = { ...at.host.environment, NOTIFY_SOCKET: name };
    return told;
  };

  test.each([
    ['a path', () => join(at.host.folder, 'notify')],
    ['an abstract name', () => `@hepsim-notify-${process.pid}`],
  ])(
    'tells its manager by %s when it is ready, how it stands, and that it ends',
    {
      timeout: 120_000,
    },
    async (_, nameOf) => {
      const told = await listen(nameOf());
      const directory = join(at.host.folder, 'documents');
      const watch = at.host.start('apply', '--watch', directory, '-n', 'node1', '--interval=1s');
      const end = ended(watch);
      const hears = (line: string): boolean => told.some((lines) => lines.includes(line));
      await until(() => hears('READY=1'));
      // Not before the rules are there, and of the process that is the service.
      expect(at.host.saved()).toContain('--dports 8080');
      const ready = told.find((lines) => lines.includes('READY=1'));
      expect(ready).toContain('STATUS=apply 1 is in force');
      expect(ready).toContain(`MAINPID=${watch.pid}`);

      at.host.write('documents/policy.yaml', `${onePolicy(8081)}  - {action: Nonsense}\n`);
      await until(() => hears('STATUS=the documents are broken; apply 1 is in force'));
      at.host.write('documents/policy.yaml', onePolicy(8082));
      await until(() => hears('STATUS=apply 2 is in force'));
      watch.kill('SIGTERM');
      expect(await end).toMatchObject({ status: 0 });
      await until(() => hears('STOPPING=1'));
      expect(told.filter((lines) => lines.includes('READY=1'))).toHaveLength(1);
    },
  );

  test('goes on when nobody listens, and says so', { timeout: 60_000 }, async () => {
    at.host.environment = { NOTIFY_SOCKET: join(at.host.folder, 'nobody') };
    const watch = at.host.start(
      'apply',
      '--watch',
      join(at.host.folder, 'documents'),
      '-n',
      'node1',
    );
    const end = ended(watch);
    let said = '';
    watch.stdout?.on('data', (part) => {
      said += part;
    });
    await until(() => said.includes('"event":"not-notified"'));
    expect(at.host.saved()).toContain('--dports 8080');
    watch.kill('SIGTERM');
    expect(await end).toMatchObject({ status: 0 });
  });
});

const noAnalyze = spawnSync('systemd-analyze', ['--version']).status !== 0;

// In CI its absence is a failure.
test.skipIf(noAnalyze && process.env.CI === undefined)(
  `the unit is one that systemd takes${noAnalyze ? ' (skipped: systemd-analyze is not installed)' : ''}`,
  () => {
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', 'systemd/hepsim.service'],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);
