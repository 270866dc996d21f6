import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConnections } from '../../src/host/connections/parse-connections.ts';
import { conntrackDeletion } from '../../src/scenario/conntrack-deletion.ts';
import { describeWithKernel } from '../support/facts.ts';
import { NetworkNamespace } from '../support/namespace.ts';

const UDP = '-s 192.0.2.1 -d 198.51.100.2 -p udp --sport 1 --dport 2 -t 100';
const REPLY = (address: string): string =>
  `-r ${address} -q 192.0.2.1 --reply-port-src 5 --reply-port-dst 1`;

/** Entries that have much in common: addresses and ports in several zones, ports and identifiers one apart, protocols without ports. */
const ENTRIES: readonly string[] = [
  UDP,
  `${UDP} ${REPLY('198.51.100.9')} -w 5`,
  `${UDP} ${REPLY('198.51.100.9')} --orig-zone 6`,
  `${UDP.replace('.2 ', '.3 ')} ${REPLY('198.51.100.9')} --reply-zone 7`,
  UDP.replace('--dport 2', '--dport 20'),
  UDP.replace('-p udp', '-p tcp --state ESTABLISHED'),
  UDP.replace('-p udp', '-p tcp --state ESTABLISHED').replace('--sport 1 ', '--sport 2 '),
  '-s 192.0.2.1 -d 198.51.100.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 7 -t 30',
  '-s 192.0.2.1 -d 198.51.100.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 8 -t 30',
  '-s 2001:db8::1 -d 2001:db8::2 -p tcp --sport 1 --dport 2 --state ESTABLISHED -t 100',
  '-s 2001:db8::1 -d 2001:db8::2 -p tcp --sport 1 --dport 2 --state ESTABLISHED -t 100 -w 5',
];

const LOCATION = { file: 'table', line: 1, column: 1 };

describeWithKernel('the command that deletes one connection', () => {
  let namespace: NetworkNamespace;
  beforeAll(async () => {
    namespace = await NetworkNamespace.open();
    namespace.run('ip', ['link', 'set', 'lo', 'up']);
  });
  afterAll(() => namespace?.close());

  const table = (): readonly string[] =>
    ['ipv4', 'ipv6']
      .map((family) => namespace.run('conntrack', ['-L', '-f', family, '-o', 'extended,id']).stdout)
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      // Time goes on.
      .map((line) => line.replace(/^(\S+ +\d+ \S+ +\d+) \d+/, '$1'))
      .sort();

  function fill(entries: readonly string[]): void {
    namespace.run('conntrack', ['-F']);
    for (const entry of entries) {
      const { status, stderr } = namespace.run('conntrack', ['-I', ...entry.split(' ')]);
      expect(status, `${entry}: ${stderr}`).toBe(0);
    }
  }

  test.each([
    ['with connections in zones', ENTRIES, true],
    ['without zones', ENTRIES.filter((entry) => !/-zone|-w /.test(entry)), false],
  ] as const)('deletes it and nothing else %s', { timeout: 60_000 }, (_, entries, amongZones) => {
    fill(entries);
    const { records } = parseConnections(table().map(untimed).join('\n'), LOCATION);
    expect(records).toHaveLength(entries.length);
    for (const record of records) {
      fill(entries);
      const before = table();
      const [program, ...args] = conntrackDeletion(record, amongZones);
      const { status, stderr } = namespace.run(program as string, args);
      expect(status, stderr).toBe(0);
      const after = table();
      const gone = before.filter((line) => !withoutId(after).includes(identity(line)));
      expect(gone, args.join(' ')).toHaveLength(1);
      const [deleted] = parseConnections(untimed(gone[0] as string), LOCATION).records;
      const { original, reply, zone } = record;
      expect(deleted).toMatchObject({ original, reply, zone });
      expect(after).toHaveLength(entries.length - 1);
    }
  });
});

/** A line whose time was taken out, with one that is always the same. */
function untimed(line: string): string {
  return line.replace(/^(\S+ +\d+ \S+ +\d+)/, '$1 100');
}

function identity(line: string): string {
  return line.replace(/ id=\d+/, '');
}

function withoutId(lines: readonly string[]): readonly string[] {
  return lines.map(identity);
}
