import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildHost } from '../../src/host/build-host.ts';
import type { Host } from '../../src/host/host.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { parsePlainYaml } from '../../src/resources/reading/plain-yaml.ts';
import { Router } from '../../src/simulate/routing/router.ts';
import { inFlight } from '../simulate/routing/routed-packet.ts';
import { bundle } from '../support/bundle.ts';
import { NetworkNamespace, whyNoNamespace } from '../support/namespace.ts';

const why = whyNoNamespace(['ip']);

/** One dressed machine: what `ip -batch` makes of a bare namespace, and the sysctls to set. */
interface Dress {
  readonly name: string;
  readonly commands: string;
  readonly sysctls?: readonly string[];
  /** Which questions have no answer here, because a route or rule that is not modelled could decide. */
  readonly isUnknown?: (question: Question) => boolean;
}

const LINKS = `
link set lo up
link add eth0 type veth peer name p0
link add eth1 type veth peer name p1
link add br0 type bridge
link add vx0 type vxlan id 5 dstport 4789
link set p1 master br0
link set eth0 up
link set p0 up
link set eth1 up
link set p1 up
link set br0 up
`;

/** Addresses are usable at once, and stay as they are. */
const AT_ONCE = ['net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0'];
const FORWARDING = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];

const DRESSES: readonly Dress[] = [
  {
    name: 'addresses, tables and marks',
    commands: `${LINKS}
addr add 192.0.2.10/24 dev eth0
addr add 192.0.2.11/24 dev eth0
addr add 10.0.0.1 peer 10.0.0.2/32 dev eth0
addr add 198.51.100.1/24 dev br0
addr add 2001:db8:1::10/64 dev eth0 nodad
addr add 2001:db8:2::10/64 dev br0 nodad
addr add 203.0.113.77/32 dev lo
route add default via 192.0.2.1
route add 10.1.0.0/16 via 198.51.100.9
route add 10.1.0.0/16 via 192.0.2.9 metric 50
route add 10.1.2.0/24 dev eth1
route add blackhole 10.2.0.0/16
route add unreachable 10.3.0.0/16
route add prohibit 10.4.0.0/16
route add throw 10.5.0.0/16 table 100
route add default dev eth1 table 100
route add 10.6.0.0/16 via inet6 2001:db8:2::9 dev br0
route add local 10.7.0.0/16 dev lo
-6 route add default via 2001:db8:1::1
-6 route add 2001:db8:a::/48 via 2001:db8:2::9
-6 route add unreachable 2001:db8:b::/48
-6 route add default dev eth1 table 100
rule add fwmark 0x10/0xf0 lookup 100
rule add from 10.9.0.0/16 lookup 100
rule add not from 10.0.0.0/8 to 10.8.0.0/16 prohibit
rule add iif br0 to 10.8.0.0/16 blackhole
rule add fwmark 0x3 lookup main suppress_prefixlength 0
rule add pref 450 nop
rule add pref 1000 l3mdev
-6 rule add fwmark 0x10/0xf0 lookup 100
`,
    sysctls: FORWARDING,
  },
  {
    name: 'routes that addresses did not bring along, and links that are down',
    commands: `${LINKS}
addr add 192.0.2.10/24 dev eth0 noprefixroute
addr add 198.51.100.1/24 dev vx0
addr add 198.51.100.2/24 dev br0 metric 300
addr add 2001:db8:1::10/64 dev eth0 nodad noprefixroute
route add 192.0.2.0/25 dev eth0 metric 100
route add default via 192.0.2.1
-6 route add 2001:db8:1::/64 dev eth0 metric 100
-6 route add default via 2001:db8:1::1
link set eth1 down
`,
    sysctls: [...FORWARDING, 'net.ipv4.conf.all.rp_filter=1', 'net.ipv4.conf.eth0.forwarding=0'],
  },
  {
    name: 'what routing does not model',
    commands: `${LINKS}
addr add 192.0.2.10/24 dev eth0
addr add 198.51.100.1/24 dev br0
route add default nexthop via 192.0.2.1 nexthop via 198.51.100.9
route add 10.1.0.0/16 dev br0
route add 10.2.0.0/16 tos 0x10 dev br0
route add 10.2.0.0/16 dev eth0
route add 10.3.0.0/16 dev eth0 table 100
rule add pref 500 from 10.9.0.0/16 sport 100 lookup 100
rule add pref 600 to 10.4.0.0/16 goto 32766
`,
    sysctls: ['net.ipv4.ip_forward=1'],
    isUnknown: ({ dst }) => {
      const isLocal = dst === '127.0.0.1' || /^(192\.0\.2|198\.51\.100)\./.test(dst);
      // Table 100 has no route but this; a rule that goes elsewhere is met before main.
      if (/^10\.[24]\./.test(dst)) return true;
      if (dst.startsWith('10.3.')) return true;
      return !isLocal && !dst.startsWith('10.1.') && !dst.includes(':');
    },
  },
];

const DESTINATIONS = [
  ...['192.0.2.10', '192.0.2.11', '192.0.2.1', '192.0.2.130', '192.0.2.255', '198.51.100.1'],
  ...['198.51.100.2', '198.51.100.9', '198.51.100.255', '10.0.0.1', '10.0.0.2', '10.1.1.1'],
  ...['10.1.2.3', '10.2.2.2', '10.3.3.3', '10.4.4.4', '10.5.5.5', '10.6.6.6', '10.7.7.7'],
  ...['10.8.8.8', '8.8.8.8', '127.0.0.1', '203.0.113.77'],
  ...['2001:db8:1::10', '2001:db8:1::1', '2001:db8:2::10', '2001:db8:2::9', '2001:db8:a::1'],
  ...['2001:db8:b::1', '2001:db8:c::1'],
];
const SOURCES = ['10.9.9.9', '8.8.4.4', '192.0.2.77', '198.51.100.9', '2001:db8:c::7'];
const IN_INTERFACES = ['eth0', 'br0'];
const MARKS = [0, 0x10, 0x3];

/** One question to kernel and simulation. */
interface Question {
  readonly in: string;
  readonly src: string;
  readonly dst: string;
  readonly mark: number;
}

/** Every destination from every source of its family by every interface, and from a process that leaves its source open. */
function questions(): readonly Question[] {
  return DESTINATIONS.flatMap((dst) => {
    const sources = SOURCES.filter((src) => src.includes(':') === dst.includes(':'));
    const ways = [
      { in: 'local', src: '' },
      ...IN_INTERFACES.flatMap((name) => sources.map((src) => ({ in: name, src }))),
    ];
    return ways.flatMap((way) => MARKS.map((mark) => ({ ...way, dst, mark })));
  });
}

/** `forward eth0`, `local` or `none`, from `ip route get`. */
function askKernel(namespace: NetworkNamespace, asked: readonly Question[]): readonly string[] {
  return asked.map((one) => {
    const from = one.in === 'local' ? [] : ['from', one.src, 'iif', one.in];
    const mark = one.mark === 0 ? [] : ['mark', String(one.mark)];
    const family = one.dst.includes(':') ? '-6' : '-4';
    const { status, stdout } = namespace.run('ip', [
      ...[family, '-j', '-d', 'route', 'get', one.dst],
      ...[...from, ...mark],
    ]);
    if (status !== 0) return 'none';
    const [route] = JSON.parse(stdout) as readonly { type?: string; dev?: string }[];
    const type = route?.type ?? 'unicast';
    if (type === 'local' || type === 'broadcast' || type === 'anycast') {
      return one.in === 'local' && type !== 'local' ? `forward ${route?.dev}` : 'local';
    }
    return type === 'unicast' ? `forward ${route?.dev}` : 'none';
  });
}

function askRouter(router: Router, one: Question): string {
  const unset = one.dst.includes(':') ? '::' : '0.0.0.0';
  const packet = inFlight({ ...one, src: one.src === '' ? unset : one.src });
  if (one.in === 'local') {
    const outcome = router.routeOutput(packet);
    if (outcome.kind !== 'forward') return outcome.kind === 'undetermined' ? outcome.kind : 'none';
    return outcome.outInterface === 'lo' ? 'local' : `forward ${outcome.outInterface}`;
  }
  const outcome = router.routeInput(packet);
  if (router.takeDoubts('accept').length > 0) return 'undetermined';
  if (outcome.kind === 'forward') return `forward ${outcome.outInterface}`;
  return outcome.kind === 'drop' || outcome.kind === 'reject' ? 'none' : outcome.kind;
}

const title = why === undefined ? 'an inspected machine' : `an inspected machine (skipped: ${why})`;

describe.skipIf(why !== undefined)(title, () => {
  let program = '';
  beforeAll(async () => {
    program = await bundle('test/support/cli-process.ts');
  }, 120_000);

  for (const dress of DRESSES) {
    describe(dress.name, () => {
      let namespace: NetworkNamespace;
      let yaml = '';
      let host: Host;

      beforeAll(async () => {
        namespace = await NetworkNamespace.open();
        for (const sysctl of [...AT_ONCE, ...(dress.sysctls ?? [])].filter(
          (one) => !one.includes('eth0'),
        )) {
          expect(namespace.run('sysctl', ['-q', sysctl]).stderr).toBe('');
        }
        const lines = dress.commands.trim().split('\n');
        const [v6, v4] = [true, false].map((wanted) =>
          lines.filter((line) => line.startsWith('-6 ') === wanted).join('\n'),
        ) as [string, string];
        expect(namespace.run('ip', ['-batch', '-'], `${v4}\n`).stderr).toBe('');
        const dressed = namespace.run('ip', ['-6', '-batch', '-'], v6.replaceAll('-6 ', ''));
        expect(dressed.stderr).toBe('');
        for (const sysctl of (dress.sysctls ?? []).filter((one) => one.includes('eth0'))) {
          namespace.run('sysctl', ['-q', sysctl]);
        }
        const printed = namespace.run(process.execPath, [program, 'inspect', '-n', 'node1']);
        expect(printed.status, printed.stderr).toBe(0);
        yaml = printed.stdout;
        const [document] = readResources([{ file: 'host.yaml', text: yaml }]).hosts;
        if (document === undefined) throw new Error(`no Host in: ${yaml}`);
        // However long it is, as with many connections, it can be read again.
        expect(parsePlainYaml(yaml)).toBeDefined();
        host = buildHost(document);
      }, 120_000);

      afterAll(() => namespace?.close());

      test('reads back without a word of complaint, and the same a second time', () => {
        expect(readResources([{ file: 'host.yaml', text: yaml }]).warnings).toEqual([]);
        const again = namespace.run(process.execPath, [program, 'inspect', '-n', 'node1']);
        // The carrier of a bridge comes and goes in its own time.
        const steady = (text: string): string => text.replaceAll(/ state: \w+,/g, '');
        expect(steady(again.stdout)).toBe(steady(yaml));
      });

      test('routes every packet as the kernel does', () => {
        const router = new Router(host);
        const asked = questions();
        expect(asked.length).toBeGreaterThan(300);
        const kernel = askKernel(namespace, asked);
        const wrong: string[] = [];
        for (const [index, question] of asked.entries()) {
          const simulated = askRouter(router, question);
          if (simulated === 'undetermined' && dress.isUnknown?.(question) === true) continue;
          if (simulated !== kernel[index]) {
            wrong.push(`${JSON.stringify(question)}: kernel ${kernel[index]}, here ${simulated}`);
          }
        }
        expect(wrong).toEqual([]);
      }, 120_000);
    });
  }

  describe('with rules', () => {
    let namespace: NetworkNamespace;
    beforeAll(async () => {
      namespace = await NetworkNamespace.open();
    });
    afterAll(() => namespace?.close());

    const inspect = (): ReturnType<NetworkNamespace['run']> =>
      namespace.run(process.execPath, [program, 'inspect', '-n', 'node1']);
    const restore = (tool: string, rules: string): void => {
      const text = `*filter\n:INPUT ACCEPT [0:0]\n${rules}COMMIT\n`;
      expect(namespace.run(`${tool}-restore`, [], text).stderr).toBe('');
    };
    const hostOf = (yaml: string): Host => {
      const [document] = readResources([{ file: 'host.yaml', text: yaml }]).hosts;
      if (document === undefined) throw new Error(`no Host in: ${yaml}`);
      return buildHost(document);
    };

    test.skipIf(whyNoNamespace(['iptables-nft', 'iptables-legacy', 'nft', 'ipset']) !== undefined)(
      'says whose they are: none, one build’s, both builds’, and what nft alone can show',
      () => {
        expect(hostOf(inspect().stdout)).toMatchObject({ iptables: undefined, notModelled: [] });

        restore('iptables-legacy', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n');
        namespace.run('ipset', ['create', 'blocked', 'hash:net']);
        const legacy = hostOf(inspect().stdout);
        expect(legacy.iptables?.text).toContain('-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT');
        expect(legacy.ipsets?.text).toContain('create blocked hash:net');
        expect(legacy.notModelled).toEqual([]);

        restore('iptables-nft', '-A INPUT -p tcp -m tcp --dport 23 -j DROP\n');
        const tables = ['own', 'idle'].map((name) => {
          const policy = name === 'own' ? 'drop' : 'accept';
          const chain = `{ type filter hook input priority 0; policy ${policy}; }`;
          return `add table inet ${name}\nadd chain inet ${name} c ${chain}\n`;
        });
        expect(namespace.run('nft', ['-f', '-'], tables.join('')).stderr).toBe('');
        const { stdout, stderr } = inspect();
        const both = hostOf(stdout);
        expect(both.iptables?.text).toContain('--dport 23 -j DROP');
        expect(both.iptables?.text).not.toContain('--dport 22');
        const remarks = both.notModelled.map(({ what, family }) => `${what} ${family}`);
        expect(remarks).toEqual([
          'rules of iptables-legacy beside those of iptables-nft 4',
          'nftables table inet own undefined',
        ]);
        expect(stderr).toContain(
          'not modelled, so that packets are undetermined: nftables table inet own',
        );
      },
      60_000,
    );

    test.skipIf(whyNoNamespace(['nft']) !== undefined)(
      'of tables of others that do something, whatever their names are to nft',
      async () => {
        const other = await NetworkNamespace.open();
        try {
          const named = (name: string, rules: number): readonly unknown[] => {
            const place = { family: 'ip', table: name };
            const base = { type: 'filter', hook: 'input', prio: 0, policy: 'accept' };
            return [
              { table: { family: 'ip', name } },
              { chain: { ...place, name: 'c', ...base } },
              { chain: { ...place, name: 'd' } },
              ...Array.from({ length: rules }, () => ({
                rule: { ...place, chain: 'd', expr: [{ accept: null }] },
              })),
            ].map((add) => ({ add }));
          };
          // Neither a command within a name nor a word of nft's language is taken for one.
          const names = ['ruled', 'x; flush ruleset', 'counter', 'empty'];
          const nftables = names.flatMap((name) => named(name, name === 'empty' ? 0 : 1));
          const text = JSON.stringify({ nftables });
          expect(other.run('nft', ['-j', text]).stderr).toBe('');
          const { stdout } = other.run(process.execPath, [program, 'inspect', '-n', 'node1']);
          expect(hostOf(stdout).notModelled.map(({ what }) => what)).toEqual([
            'nftables table ip ruled',
            'nftables table ip x; flush ruleset',
            'nftables table ip counter',
          ]);
          expect(other.run('nft', ['list', 'tables']).stdout).toContain('empty');
        } finally {
          await other.close();
        }
      },
      60_000,
    );

    test.skipIf(process.getuid?.() !== 0)(
      'without root it prints what it may see and says what is missing',
      () => {
        const args = [
          '--reuid',
          '65534',
          '--clear-groups',
          process.execPath,
          program,
          'inspect',
          '-n',
          'node1',
        ];
        const { status, stdout, stderr } = namespace.run('setpriv', args);
        // Where strangers may not read the program itself there is nothing to see.
        if (/EACCES|MODULE_NOT_FOUND|Cannot find module/.test(stderr)) return;
        expect(status, stderr).toBe(0);
        expect(stderr).toContain('missing: iptables rules');
        expect(stdout).toContain('# Missing: iptables rules');
        expect(hostOf(stdout).interfaces[0]?.name).toBe('lo');
      },
    );
  });
});
