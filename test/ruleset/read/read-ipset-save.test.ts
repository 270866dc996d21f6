import { describe, expect, test } from 'vitest';
import type { IpSet } from '../../../src/ruleset/ip-set.ts';
import { parseIpsetSave, readIpsetSave } from '../../../src/ruleset/read/read-ipset-save.ts';
import { renderIpSet } from '../../../src/ruleset/render-ip-set.ts';
import { checkIpSet } from '../../../src/ruleset/validate-ip-set.ts';
import type { Problem } from '../../../src/source/problem.ts';

const ORIGIN = { file: 'host.yaml', line: 30 };

function read(...lines: readonly string[]): readonly IpSet[] {
  const sets = parseIpsetSave(`${lines.join('\n')}\n`, ORIGIN);
  for (const set of sets) checkIpSet(set, undefined);
  return sets;
}

/** The elements of the last set, as they would be added. */
function elements(...lines: readonly string[]): readonly string[] {
  const set = read(...lines).at(-1) as IpSet;
  const text: string[] = [];
  renderIpSet(set, text);
  return text.slice(1).map((line) => line.replace(/^add \S+ /, ''));
}

function refusals(...lines: readonly string[]): readonly string[] {
  const problems: Problem[] = [];
  readIpsetSave(lines.join('\n'), { file: '', line: 1 }, (problem) => problems.push(problem));
  return problems.map(({ location, message }) => `${location.line}:${location.column} ${message}`);
}

test('what ipset 7.17 saves is read with everything that it says', () => {
  const text = [
    'create a hash:ip family inet hashsize 1024 maxelem 65536 timeout 300 counters comment skbinfo bucketsize 12 initval 0xba04a7ad',
    'add a 10.0.0.1 timeout 0 packets 5 bytes 6 comment "a b" skbmark 0x1/0xff skbprio 1:10 skbqueue 4',
    'create b hash:net family inet6 hashsize 1024 maxelem 65536 counters comment bucketsize 12 initval 0xa548c9d3',
    'add b 2001:db8::/32 nomatch packets 0 bytes 0 comment "x\\\'y"',
    'create j hash:net,iface family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xa3193213',
    'add j 10.0.1.0/24,eth+',
    'add j 0.0.0.0/0,eth2',
    'add j 10.0.0.0/24,physdev:eth1',
    'create n bitmap:port range 0-1023',
    'add n 22',
    'create o bitmap:ip,mac range 10.0.0.0-10.0.255.255',
    'add o 10.0.0.1,00:aa:bb:cc:dd:ee',
    'add o 10.0.0.2',
    'create e hash:ip,port,ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x53bae06a',
    'add e 10.0.0.1,tcp:80,10.0.0.2',
    'create p list:set size 8 timeout 0 counters',
    'add p a timeout 0 packets 0 bytes 0',
  ];
  const lines: string[] = [];
  for (const set of read(...text)) renderIpSet(set, lines);
  expect(lines).toEqual(text);
});

describe('elements are spread out as ipset does it', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      'addresses of a block',
      ['create s hash:ip', 'add s 10.0.0.0/30'],
      ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3'],
    ],
    [
      'addresses of a range',
      ['create s hash:ip', 'add s 10.0.0.9-10.0.0.8'],
      ['10.0.0.8', '10.0.0.9'],
    ],
    [
      'a range cut by a netmask',
      ['create s hash:ip netmask 24', 'add s 10.0.1.9-10.0.2.0'],
      ['10.0.1.0/24', '10.0.2.0/24'],
    ],
    [
      'an address cut by a bitmask',
      ['create s hash:ip bitmask 255.0.255.0', 'add s 10.5.6.7'],
      ['10.0.6.0'],
    ],
    [
      'a range as blocks',
      ['create s hash:net', 'add s 10.0.0.0-10.0.0.6'],
      ['10.0.0.0/30', '10.0.0.4/31', '10.0.0.6'],
    ],
    [
      'every address as blocks',
      ['create s hash:net', 'add s 0.0.0.0-255.255.255.255'],
      ['0.0.0.0/1', '128.0.0.0/1'],
    ],
    ['host bits of a block', ['create s hash:net', 'add s 10.0.0.9/24'], ['10.0.0.0/24']],
    [
      'addresses and ports',
      ['create s hash:ip,port', 'add s 10.0.0.0/31,tcp:80-81'],
      ['10.0.0.0,tcp:80', '10.0.0.0,tcp:81', '10.0.0.1,tcp:80', '10.0.0.1,tcp:81'],
    ],
    [
      'ports by name, and tcp where none is named',
      ['create s hash:ip,port', 'add s 10.0.0.1,ssh', 'add s 10.0.0.1,udp:domain'],
      ['10.0.0.1,tcp:22', '10.0.0.1,udp:53'],
    ],
    [
      'ICMP by name and number',
      ['create s hash:ip,port', 'add s 10.0.0.1,icmp:echo-request', 'add s 10.0.0.1,icmp:3/1'],
      ['10.0.0.1,icmp:8/0', '10.0.0.1,icmp:3/1'],
    ],
    [
      'ICMPv6',
      [
        'create s hash:ip,port family inet6',
        'add s 2001:db8::1,ipv6-icmp:no-route',
        'add s [2001:db8::2],tcp:5',
      ],
      ['2001:db8::1,icmpv6:1/0', '2001:db8::2,tcp:5'],
    ],
    [
      'other protocols',
      ['create s hash:ip,port', 'add s 10.0.0.1,gre:0', 'add s 10.0.0.1,50:0'],
      ['10.0.0.1,47:0', '10.0.0.1,50:0'],
    ],
    [
      'a mark cut by its mask',
      ['create s hash:ip,mark markmask 0xff', 'add s 10.0.0.1,0x5ff'],
      ['10.0.0.1,0xff'],
    ],
    ['ports alone', ['create s bitmap:port range 0-1023', 'add s 80-82'], ['80', '81', '82']],
    [
      'two blocks',
      ['create s hash:net,port,net', 'add s 10.0.0.0/24,tcp:0,10.0.1.0/24'],
      ['10.0.0.0/24,tcp:0,10.0.1.0/24'],
    ],
    [
      'lists in the order that before and after make',
      [
        'create a hash:ip',
        'create b hash:ip',
        'create c hash:ip',
        'create s list:set',
        'add s a',
        'add s b before a',
        'add s c after b',
      ],
      ['b', 'c', 'a'],
    ],
  ])('%s', (_title, lines, wanted) => expect(elements(...lines)).toEqual(wanted));
});

test('old names of types and old spellings of commands', () => {
  const sets = read(
    '-N a iphash',
    '-A a 10.0.0.1',
    '-N b portmap --from 1 --to 5',
    '-N c nethash -exist',
  );
  expect(sets.map(({ type }) => type)).toEqual(['hash:ip', 'bitmap:port', 'hash:net']);
});

test('commands that change what was read', () => {
  const lines = [
    'create a hash:ip',
    'add a 10.0.0.1',
    'add a 10.0.0.2',
    'del a 10.0.0.1',
    'create b hash:ip',
    'swap a b',
    'rename b c',
    'COMMIT',
  ];
  expect(elements(...lines)).toEqual(['10.0.0.2']);
  expect(read(...lines).map(({ name }) => name)).toEqual(['a', 'c']);
  expect(read('create a hash:ip', 'add a 10.0.0.1', 'flush a')[0]?.members).toEqual([]);
  expect(read('create a hash:ip', 'create b hash:ip', 'destroy a')).toHaveLength(1);
  expect(
    elements('create a hash:net', 'add a 10.0.0.0/8', 'add a 10.0.0.0/8 nomatch -exist'),
  ).toEqual(['10.0.0.0/8 nomatch']);
});

describe('what ipset would refuse is refused where it stands', () => {
  test.each<[readonly string[], string]>([
    [['create s hash:nosuch'], '1:10 there is no type of set `hash:nosuch`'],
    [['create s hash:ip', 'create s hash:ip'], '2:8 set `s` is there already'],
    [['create s hash:ip colour red'], '1:18 unknown word `colour`'],
    [['create s bitmap:ip'], '1:10 bitmap:ip needs a range'],
    [
      ['create a-name-that-is-longer-than-31-bytes hash:ip'],
      '1:8 `a-name-that-is-longer-than-31-bytes` is not a name for a set',
    ],
    [['add s 10.0.0.1'], '1:5 there is no set `s`'],
    [
      ['create s hash:ip', 'add s 10.0.0.256'],
      '2:7 `10.0.0.256` is not an address that ipset takes here',
    ],
    [
      ['create s hash:ip', 'add s 2001:db8::1'],
      '2:7 `2001:db8::1` is not an address that ipset takes here',
    ],
    [
      ['create s hash:ip family inet6', 'add s 2001:db8::/127'],
      '2:7 `2001:db8::/127` is not an address that ipset takes here',
    ],
    [['create s hash:ip', 'add s 0.0.0.0'], '2:7 ipset cannot hold the address of zeros'],
    [['create s hash:net', 'add s 0.0.0.0/0'], '2:7 ipset cannot hold a block of every address'],
    [
      ['create s hash:ip', 'add s 10.0.0.1', 'add s 10.0.0.1'],
      '3:7 `10.0.0.1` is in the set already',
    ],
    [
      ['create s hash:ip maxelem 2', 'add s 10.0.0.0/30'],
      '2:7 the set is full: it takes no more than 2 elements',
    ],
    [
      ['create s hash:ip maxelem 4294967295', 'add s 0.0.0.0/1'],
      '2:7 the set is full: it takes no more than 2097152 elements',
    ],
    [
      ['create s hash:ip', 'add s 10.0.0.1 timeout 5'],
      '2:24 the set was created without what timeout needs',
    ],
    [
      ['create s hash:ip', 'add s 10.0.0.1 nomatch'],
      '2:16 the set was created without what nomatch needs',
    ],
    [['create s hash:ip,port', 'add s 10.0.0.1'], '2:7 an element of hash:ip,port has 2 parts'],
    [
      ['create s hash:ip,port', 'add s 10.0.0.1,tcp:70000'],
      '2:7 `tcp:70000` is not a port that ipset takes here',
    ],
    [
      ['create s bitmap:ip range 10.0.0.0-10.0.0.9', 'add s 10.0.0.10'],
      '2:7 the element is outside of the range of bitmap:ip',
    ],
    [['create s list:set', 'add s nosuch'], '2:7 there is no set `nosuch`'],
    [['list'], '1:1 `list` is not a command that `ipset save` prints'],
    [['create s hash:ip\r'], '1:10 the line ends in a carriage return'],
  ])('%j', (lines, wanted) => expect(refusals(...lines)).toContain(wanted));

  test('all of it in one go, with place and excerpt', () => {
    expect(() => read('create s hash:ip', 'add s x', 'add s y')).toThrow(
      /host\.yaml:31:7: error: .*\n {4}add s x\n(.*\n)*host\.yaml:32:7/,
    );
  });
});
