import { expect, test } from 'vitest';
import { foreignRules } from '../support/foreign-rules.ts';
import { outcome, run, simulator } from '../support/simulations.ts';

const TCP = 'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0';
const UDP = 'udp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0';
const YES = 'accept eth1';
const NO = 'drop';

// Types that not every kernel has, so that test/kernel/foreign-matches.test.ts cannot ask it (ip_set_hash_netnet.c, ip_set_hash_netportnet.c, ip_set_hash_ipmark.c,
// ip_set_hash_mac.c, ip_set_hash_ipmac.c).
test.each([
  ['hash:net,net', 'add s 192.0.2.0/24,198.51.100.0/24', 'src,dst', TCP, YES],
  ['hash:net,net', 'add s 192.0.2.0/24,198.51.100.0/24', 'dst,src', TCP, NO],
  [
    'hash:net,net',
    'add s 192.0.2.0/24,198.51.100.0/24\nadd s 192.0.2.10,198.51.100.0/25 nomatch',
    'src,dst',
    TCP,
    NO,
  ],
  ['hash:net,port,net', 'add s 192.0.2.0/24,tcp:80,198.51.100.0/24', 'src,dst,dst', TCP, YES],
  ['hash:net,port,net', 'add s 192.0.2.0/24,tcp:80,198.51.100.0/24', 'src,dst,dst', UDP, NO],
  ['hash:ip,mark', 'add s 192.0.2.10,0x00000005', 'src,src', `${TCP} mark=5`, YES],
  ['hash:ip,mark', 'add s 192.0.2.10,0x00000005', 'src,src', TCP, NO],
  ['hash:mac', 'add s 02:00:00:00:00:09', 'src', `${TCP} mac=02:00:00:00:00:09`, YES],
  ['hash:mac', 'add s 02:00:00:00:00:09', 'src', `${TCP} mac=02:00:00:00:00:08`, NO],
  ['hash:mac', 'add s 02:00:00:00:00:09', 'src', TCP, 'undetermined'],
  [
    'hash:ip,mac',
    'add s 192.0.2.10,02:00:00:00:00:09',
    'src,src',
    `${TCP} mac=02:00:00:00:00:09`,
    YES,
  ],
])('%s with %s asked %s: %s', (type, members, sides, packet, wanted) => {
  const family = type === 'hash:mac' ? '' : ' family inet';
  const rules = foreignRules(
    `*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m set --match-set s ${sides} -j ACCEPT\nCOMMIT`,
    4,
    `create s ${type}${family} hashsize 1024 maxelem 65536\n${members}`,
  );
  expect(outcome(run(simulator([rules]), packet))).toBe(wanted);
});

test('an element that stays for a time alone is there until then', () => {
  const rules = foreignRules(
    '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m set --match-set s src -j ACCEPT\nCOMMIT',
    4,
    'create s hash:ip family inet hashsize 1024 maxelem 65536 timeout 600\nadd s 192.0.2.10 timeout 60',
  );
  const on = simulator([rules]);
  expect(outcome(run(on, TCP))).toBe(YES);
  expect(outcome(run(on, `${TCP} time=60`))).toBe('undetermined');
  expect(outcome(run(on, `${UDP.replace('.10:', '.11:')} time=60`))).toBe(NO);
});
