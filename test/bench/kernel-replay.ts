import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayWorkload } from './replay-workload.ts';

const PREFIX = `hepsim-bench-${process.pid}`;
const HOST = `${PREFIX}-host`;
const SENDER = `${PREFIX}-sender`;

/** Seconds after which a replay through the kernel is given up. */
const LIMIT_SECONDS = 240;

/** What one replay through the kernel came to. */
export interface KernelReplay {
  readonly packetsPerSecond: number;
  readonly forwarded: number;
}

/** Why the kernel cannot be asked here; undefined when it can. */
export function whyNoKernel(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  const missing = ['ip', 'iptables-legacy-restore', 'ipset', 'tcpreplay', 'tcpprep'].find(
    (program) => spawnSync('which', [program]).status !== 0,
  );
  return missing === undefined ? undefined : `no ${missing}`;
}

/**
 * Sends a capture through a host in a network namespace that has the same rules, as `hepsim compile` prints them. Setting up is not counted,
 * which favours the kernel. Undefined when it takes too long.
 */
export function replayThroughKernel(workload: ReplayWorkload): KernelReplay | undefined {
  try {
    setUp(workload);
    const before = sentPackets();
    const cache = join(workload.directory, 'sides');
    run('tcpprep', ['-c', '198.19.0.0/16', '-i', workload.capture, '-o', cache]);
    const sent = spawnSync(
      'ip',
      [
        ...['netns', 'exec', SENDER, 'tcpreplay', '--topspeed', '-K', `--cachefile=${cache}`],
        ...['-i', 'servers', '-I', 'clients', workload.capture],
      ],
      { encoding: 'utf8', timeout: LIMIT_SECONDS * 1000 },
    );
    const rate = /([\d.]+) pps/.exec(sent.stdout ?? '')?.[1];
    if (sent.status !== 0 || rate === undefined) return undefined;
    return { packetsPerSecond: Number(rate), forwarded: sentPackets() - before };
  } finally {
    takeDown();
  }
}

function setUp(workload: ReplayWorkload): void {
  takeDown();
  for (const name of [HOST, SENDER]) {
    run('ip', ['netns', 'add', name]);
    inside(name, 'sysctl', [
      '-qw',
      'net.ipv6.conf.all.disable_ipv6=1',
      'net.ipv6.conf.default.disable_ipv6=1',
      'net.ipv4.conf.all.rp_filter=0',
      'net.ipv4.conf.default.rp_filter=0',
    ]);
  }
  link('clients', '02:00:00:00:00:01', 'eth0', '02:00:00:00:00:02');
  link('servers', '02:00:00:00:00:04', 'eth1', '02:00:00:00:00:03');
  const host = (args: string): string => run('ip', ['-n', HOST, ...args.split(' ')]);
  host('link set lo up');
  host('addr add 192.0.2.10/24 dev eth0');
  host('addr add 198.51.100.10/24 dev eth1');
  // Next hops that nobody answers to: what is forwarded ends at the far end of the link.
  host('neigh add 192.0.2.1 lladdr 02:00:00:00:00:fe dev eth0 nud permanent');
  host('neigh add 198.51.100.1 lladdr 02:00:00:00:00:fd dev eth1 nud permanent');
  host('route add 198.18.0.0/16 via 192.0.2.1');
  host('route add 198.19.0.0/16 via 198.51.100.1');
  inside(HOST, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  const rules = join(workload.directory, 'rules');
  run(process.execPath, ['bin/hepsim.js', 'compile', ...workload.documents, '--out-dir', rules]);
  inside(HOST, 'ipset', ['restore'], readFileSync(join(rules, 'ipsets'), 'utf8'));
  const restore = readFileSync(join(rules, 'iptables.v4'), 'utf8');
  inside(HOST, 'iptables-legacy-restore', ['--noflush'], restore);
}

function link(far: string, farMac: string, near: string, nearMac: string): void {
  run('ip', [
    ...['-n', SENDER, 'link', 'add', far, 'address', farMac, 'type', 'veth'],
    ...['peer', 'name', near, 'address', nearMac, 'netns', HOST],
  ]);
  run('ip', ['-n', SENDER, 'link', 'set', far, 'up']);
  run('ip', ['-n', HOST, 'link', 'set', near, 'up']);
}

/** Packets that the host has sent by both of its links. */
function sentPackets(): number {
  return ['eth0', 'eth1']
    .map((name) => inside(HOST, 'cat', [`/sys/class/net/${name}/statistics/tx_packets`]))
    .reduce((sum, text) => sum + Number(text), 0);
}

function takeDown(): void {
  for (const name of [SENDER, HOST]) spawnSync('ip', ['netns', 'del', name]);
}

function inside(namespace: string, program: string, args: readonly string[], input = ''): string {
  return run('ip', ['netns', 'exec', namespace, program, ...args], input);
}

function run(program: string, args: readonly string[], input = ''): string {
  const done = spawnSync(program, args, { encoding: 'utf8', input, maxBuffer: 2 ** 30 });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}
