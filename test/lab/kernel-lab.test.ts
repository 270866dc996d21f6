import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IpAddress, renderIpAddress } from '../../src/address/ip-address.ts';
import type { InjectOptions, IptablesBuild, KernelLab } from '../../src/lab/kernel-lab.ts';
import { testHost } from '../support/hosts.ts';
import { startTestLab, whyNoLab } from '../support/kernel-lab.ts';
import { packet } from '../support/packets.ts';
import { rules } from '../support/rules.ts';

const reason = whyNoLab();

if (process.env.CI !== undefined) {
  test('the kernel lab takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'a kernel lab' : `a kernel lab (skipped: ${reason})`;
const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];

/** In one line: verdict, where to, state, source and destination at the end. */
async function seen(lab: KernelLab, line: string): Promise<string> {
  const [one] = await lab.inject([packet(line)]);
  if (one === undefined || one.lost) throw new Error('nothing was observed');
  const { source, destination, sourcePort, destinationPort } = one.final;
  const ends = `${text(source, sourcePort)} > ${text(destination, destinationPort)}`;
  return `${one.verdict} ${one.delivered ?? '-'} ${one.state ?? '-'} ${ends}`;
}

function text(address: IpAddress, port: number): string {
  return port === 0 ? renderIpAddress(address) : `${renderIpAddress(address)}:${port}`;
}

async function verdict(lab: KernelLab, line: string): Promise<string> {
  return (await seen(lab, line)).split(' ').slice(0, 3).join(' ');
}

async function hits(lab: KernelLab, line: string, options: InjectOptions): Promise<unknown> {
  const [one] = await lab.inject([packet(line)], options);
  return one?.rules?.map(({ hook, table, chain, rule }) => `${hook} ${table} ${chain} ${rule}`);
}

describe.skipIf(reason !== undefined)(title, () => {
  describe.each(BUILDS)('with iptables-%s', (build) => {
    let lab: KernelLab;
    beforeAll(async () => {
      lab = await startTestLab({
        host: testHost({
          routes: [
            'default via 198.51.100.254 dev eth1',
            'default via 2001:db8:0:100::fe dev eth1',
            '203.0.113.10/32 dev cali0',
            'unreachable 100.64.0.0/10',
          ],
        }),
        build,
      });
    }, 30_000);
    afterAll(() => lab?.stop());

    test('delivers and forwards by the routes of its host where no rule says otherwise', async () => {
      await lab.load([]);
      const table = {
        'tcp 192.0.2.10:1000 -> 192.0.2.1:22 in=eth0': 'accept local new',
        'tcp 192.0.2.10:1000 -> 198.51.100.1:22 in=eth0': 'accept local new',
        'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0': 'accept eth1 new',
        'tcp 192.0.2.10:1000 -> 8.8.8.8:80 in=eth0': 'accept eth1 new',
        'tcp 198.51.100.9:1000 -> 203.0.113.10:80 in=eth1': 'accept cali0 new',
        'udp [2001:db8:0:2::5]:1 -> [2001:db8:ffff::1]:2 in=eth0': 'accept eth1 new',
        'udp [2001:db8:0:2::5]:1 -> [2001:db8:0:100::1]:2 in=eth0': 'accept local new',
        'udp 192.0.2.1:1 -> 192.0.2.99:2 in=local': 'accept eth0 new',
        'udp 192.0.2.1:1 -> 198.51.100.1:2 in=local': 'accept local new',
        'udp [2001:db8:0:2::1]:1 -> [2001:db8:0:2::77]:2 in=local': 'accept eth0 new',
        'udp [::1]:1 -> [::1]:2 in=local': 'accept local new',
        // A martian source, and a packet that has travelled too far.
        'udp 127.0.0.1:1 -> 192.0.2.1:2 in=eth1': 'drop - new',
        'udp 192.0.2.10:1 -> 8.8.8.8:2 in=eth0 ttl=1': 'reject - new',
      };
      const answers = [];
      for (const line of Object.keys(table)) answers.push([line, await verdict(lab, line)]);
      expect(Object.fromEntries(answers)).toEqual(table);
    });

    test('drops, rejects and leaves untracked as its rules say', async () => {
      await lab.load([
        rules(`
          *raw
          :PREROUTING ACCEPT
          -A PREROUTING -p udp --dport 53 -j CT --notrack
          -A PREROUTING -p udp --dport 54 -j DROP
          *filter
          :INPUT ACCEPT
          :FORWARD DROP
          :OUTPUT ACCEPT
          -A INPUT -p tcp --dport 1 -j DROP
          -A INPUT -p tcp --dport 2 -j REJECT --reject-with tcp-reset
          -A FORWARD -m set --match-set blocks dst -j ACCEPT
          -A OUTPUT -p udp --dport 3 -j REJECT --reject-with icmp-port-unreachable
          -A OUTPUT -p udp --dport 4 -j DROP
          COMMIT
          create blocks hash:net
          add blocks 198.51.100.0/25
        `),
      ]);
      const table = {
        'udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0': 'accept local untracked',
        'udp 192.0.2.10:1000 -> 192.0.2.1:54 in=eth0': 'drop - -',
        'tcp 192.0.2.10:1000 -> 192.0.2.1:1 in=eth0': 'drop - new',
        'tcp 192.0.2.10:1000 -> 192.0.2.1:2 in=eth0': 'reject - new',
        'tcp 192.0.2.10:1000 -> 198.51.100.9:2 in=eth0': 'accept eth1 new',
        'tcp 192.0.2.10:1000 -> 198.51.100.200:2 in=eth0': 'drop - new',
        'tcp 192.0.2.10:1000 -> 192.0.2.1:9 in=eth0 flags=SA': 'accept local invalid',
        'udp 192.0.2.1:1000 -> 198.51.100.9:3 in=local': 'reject - new',
        'udp 192.0.2.1:1000 -> 198.51.100.9:4 in=local': 'drop - new',
        'udp 192.0.2.1:1000 -> 198.51.100.9:5 in=local': 'accept eth1 new',
      };
      const answers = [];
      for (const line of Object.keys(table)) answers.push([line, await verdict(lab, line)]);
      expect(Object.fromEntries(answers)).toEqual(table);
    });

    test('tells that connections are followed through translation', async () => {
      await lab.load([
        rules(`
          *nat
          :PREROUTING ACCEPT
          :POSTROUTING ACCEPT
          -A PREROUTING -d 192.0.2.1 -p tcp --dport 8080 -j DNAT --to-destination 198.51.100.9:80
          -A POSTROUTING -o eth1 -j MASQUERADE
          COMMIT
        `),
      ]);
      const request = 'tcp 192.0.2.10:4000 -> 192.0.2.1:8080 in=eth0';
      const reply = 'tcp 198.51.100.9:80 -> 198.51.100.1:4000 in=eth1';
      const out = '198.51.100.1:4000 > 198.51.100.9:80';
      const back = '192.0.2.1:8080 > 192.0.2.10:4000';
      expect(await seen(lab, request)).toBe(`accept eth1 new ${out}`);
      expect(await seen(lab, `${reply} flags=SA`)).toBe(`accept eth0 established ${back}`);
      expect(await seen(lab, `${request} flags=A`)).toBe(`accept eth1 established ${out}`);
      expect(await seen(lab, `${request} flags=PA length=1040`)).toBe(
        `accept eth1 established ${out}`,
      );
      expect(await seen(lab, `${reply} flags=PA length=500`)).toBe(
        `accept eth0 established ${back}`,
      );
      // Far outside the window.
      expect(await verdict(lab, `${request} flags=PA seq=2000000 length=50`)).toBe(
        'accept local invalid',
      );
      expect(await seen(lab, `${request} flags=FA`)).toBe(`accept eth1 established ${out}`);
      expect(await seen(lab, `${reply} flags=FA`)).toBe(`accept eth0 established ${back}`);
      expect(await seen(lab, `${request} flags=A`)).toBe(`accept eth1 established ${out}`);
    });

    test('relates an error to the packet that it quotes', async () => {
      await lab.load([]);
      const request = 'udp 192.0.2.10:4000 -> 198.51.100.9:53';
      const error = `icmp 198.51.100.77 -> 192.0.2.10 in=eth1 type=3 code=1`;
      expect(await verdict(lab, error)).toBe('accept eth0 invalid');
      await lab.inject([packet(`${request} in=eth0`)]);
      const quoting = { ...packet(error), quoted: packet(request) };
      const [about] = await lab.inject([quoting]);
      expect(about?.state).toBe('related');
      const [stranger] = await lab.inject([
        { ...quoting, quoted: packet('udp 192.0.2.10:4001 -> 198.51.100.9:53') },
      ]);
      expect(stranger?.state).toBe('invalid');
    });

    test('gives packets the mark that they start with, and tells the one that they end with', async () => {
      await lab.load([
        rules(`
          *mangle
          :PREROUTING ACCEPT
          :OUTPUT ACCEPT
          -A PREROUTING -m mark --mark 0x12345678/0xffffffff -j MARK --set-xmark 0xf0/0xff
          COMMIT
        `),
      ]);
      const [changed, kept, sent] = await lab.inject([
        packet('udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0 mark=0x12345678'),
        packet('udp [2001:db8:0:2::5]:1 -> [2001:db8:0:2::1]:2 in=eth0 mark=0xfedcba98'),
        packet('udp 192.0.2.1:1 -> 192.0.2.99:2 in=local mark=0x80000001'),
      ]);
      expect(changed?.mark).toBe(0x123456f0);
      expect(kept?.mark).toBe(0xfedcba98);
      expect(sent?.mark).toBe(0x80000001);
    });

    test('replies of the host itself leave no trace in its connections', async () => {
      await lab.load([]);
      // A closed port's RST would end the connection.
      const request = 'tcp 192.0.2.10:5000 -> 192.0.2.1:22 in=eth0';
      await lab.inject([packet(request)]);
      expect(await verdict(lab, 'tcp 192.0.2.1:22 -> 192.0.2.10:5000 in=local flags=SA')).toBe(
        'accept eth0 established',
      );
      expect(await verdict(lab, `${request} flags=A`)).toBe('accept local established');
    });

    test('a connection whose headers are taken already does not leave', async () => {
      await lab.load([
        rules(`
          *nat
          :POSTROUTING ACCEPT
          -A POSTROUTING -p udp -o eth1 -j SNAT --to-source 198.51.100.1:5000
          COMMIT
        `),
      ]);
      const to = '198.51.100.9:53 in=eth0';
      expect(await verdict(lab, `udp 192.0.2.10:1 -> ${to}`)).toBe('accept eth1 new');
      expect(await verdict(lab, `udp 192.0.2.11:1 -> ${to}`)).toBe('drop - new');
    });

    test('loads one ruleset in the place of another, sets and policies and all', async () => {
      const closed = rules(`
        *filter
        :INPUT DROP
        :extra -
        -A INPUT -m set --match-set s src -j extra
        COMMIT
        create s hash:net
        add s 192.0.2.10
      `);
      await lab.load([closed]);
      expect(await verdict(lab, 'udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0')).toBe('drop - new');
      await lab.load([closed]);
      await lab.load([]);
      expect(await verdict(lab, 'udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0')).toBe(
        'accept local new',
      );
    });

    test('says what the programs refused', async () => {
      // UDP-Lite has ports, but iptables translates none of it.
      const refused = rules(`
        *nat
        :PREROUTING ACCEPT
        -A PREROUTING -p 136 -j DNAT --to-destination 192.0.2.99:80
        COMMIT
      `);
      await expect(lab.load([refused])).rejects.toMatchObject({
        code: 'rejected',
        failed: {
          program: `iptables-${build}-restore`,
          stderr: expect.stringMatching(/\S/),
          input: expect.stringContaining('192.0.2.99'),
        },
      });
      await lab.load([]);
    });

    test('refuses packets of which it would leave something out', async () => {
      const base = 'udp 192.0.2.10:1 -> 192.0.2.1:2';
      for (const line of [
        base,
        `${base} in=eth0 state=established`,
        `${base} in=eth0 time=10`,
        `${base} in=eth9`,
        `${base} in=eth0 mark=1 mac=02:00:00:00:00:77`,
      ]) {
        await expect(lab.inject([packet(line)]), line).rejects.toMatchObject({
          code: 'unsupported',
        });
      }
    });

    test('says where only the limit on answers makes a drop of a rejection', async () => {
      await lab.load([]);
      const host = 'udp 192.0.2.77:1 -> 100.64.0.1:2 in=eth0';
      const martian = 'udp 192.0.2.77:1 -> 127.0.0.1:2 in=eth1';
      const unroutable = await lab.inject(Array.from({ length: 12 }, () => packet(host)));
      const answers = unroutable.map(({ verdict, answerLimited }) => `${verdict} ${answerLimited}`);
      expect(new Set(answers)).toEqual(new Set(['reject undefined', 'drop true']));
      const [dropped] = await lab.inject([packet(martian)]);
      expect(dropped).toMatchObject({ verdict: 'drop' });
      expect(dropped?.answerLimited).toBeUndefined();
    });

    test('lists the rules that a packet hits', async () => {
      await lab.load([
        rules(`
          *raw
          :PREROUTING ACCEPT
          -A PREROUTING -p tcp --dport 80 -j ACCEPT
          *mangle
          :PREROUTING ACCEPT
          -A PREROUTING -i eth0 -j MARK --set-xmark 0x1/0x1
          *filter
          :INPUT DROP
          :one -
          :two -
          -A INPUT -p udp -j DROP
          -A INPUT -j one
          -A one -j two
          -A one -p tcp -j ACCEPT
          -A two -p tcp -j RETURN
          -A two -j DROP
          COMMIT
        `),
      ]);
      const line = 'tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0';
      expect(await hits(lab, line, { trace: true })).toEqual([
        'prerouting raw PREROUTING 1',
        'prerouting mangle PREROUTING 1',
        'input filter INPUT 2',
        'input filter one 1',
        'input filter two 1',
        'input filter one 2',
      ]);
      expect(await hits(lab, 'udp 192.0.2.1:1 -> 127.0.0.1:3 in=local', { trace: true })).toEqual([
        'input filter INPUT 1',
      ]);
      expect(await hits(lab, line, {})).toBeUndefined();
    });
  });

  test('is gone when it is stopped, and removes what a process that is gone has left', async () => {
    const names = (): string[] =>
      readdirSync('/run/netns').filter((name) => name.startsWith('hepsim-'));
    // No process has this number: it is above the largest that Linux gives.
    const left = 'hepsim-4194305-1';
    writeFileSync(`/run/netns/${left}`, '');
    try {
      const lab = await startTestLab({ host: testHost(), build: 'legacy' });
      const own = names().filter((name) => name.startsWith(`hepsim-${process.pid}-`));
      expect(own).toHaveLength(1);
      expect(names()).not.toContain(left);
      await lab.stop();
      expect(names()).not.toContain(own[0]);
    } finally {
      rmSync(`/run/netns/${left}`, { force: true });
    }
  });

  test('cannot be made of a host that is more than interfaces and routes', async () => {
    const host = testHost();
    const [lo, ...others] = host.interfaces;
    if (lo === undefined) throw new Error('a host has lo');
    const bridged = others.map((link) => ({ ...link, master: 'br0' }));
    await expect(
      startTestLab({ host: { ...host, interfaces: [lo, ...bridged] }, build: 'legacy' }),
    ).rejects.toMatchObject({ code: 'unsupported' });
  });
});
