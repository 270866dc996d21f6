import { parseIpsetSave } from '../../src/ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../../src/ruleset/read/read-iptables-save.ts';
import { processorSeconds } from './processor-time.ts';

/** Processor time in milliseconds of reading what a host has, the first time in a process and at best. */
export interface ReadingTimes {
  readonly rules: number;
  readonly bestRules: number;
  readonly elements: number;
  readonly firstElements: number;
  readonly bestElements: number;
}

/** What it takes in milliseconds to read the rules in a process that has done nothing before. */
export interface FirstReading {
  /** By the clock. */
  readonly elapsed: number;
  /** Of all threads, those that compile and collect included. */
  readonly processor: number;
}

const RULES = 10_000;
const ELEMENTS = 50_000;
const ROUNDS = 5;

/** Rules as kube-proxy, Docker and fail2ban have them, and a set of blocks. */
export function measureReading(): ReadingTimes {
  const rules = rulesText();
  const sets = setText();
  const rulesMs = times(() => parseIptablesSave(rules, 4, { file: 'rules', line: 1 }));
  const elementsMs = times(() => parseIpsetSave(sets, { file: 'sets', line: 1 }));
  return {
    rules: RULES,
    bestRules: Math.min(...rulesMs),
    elements: ELEMENTS,
    firstElements: elementsMs[0] as number,
    bestElements: Math.min(...elementsMs),
  };
}

/** Reads the rules, to be asked for once in a process. */
export function measureFirstReading(): FirstReading {
  const rules = rulesText();
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  parseIptablesSave(rules, 4, { file: 'rules', line: 1 });
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6;
  return { elapsed, processor: processorSeconds(before) * 1000 };
}

function times(run: () => unknown): readonly number[] {
  return Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    if (run() === undefined) throw new Error('nothing was read');
    return processorSeconds(start) * 1000;
  });
}

function rulesText(): string {
  const lines = ['*nat', ':PREROUTING ACCEPT [0:0]', ':KUBE-SERVICES - [0:0]', ':KUBE-SEP - [0:0]'];
  for (let i = 0; i < RULES; i++) lines.push(RULE_FORMS[i % RULE_FORMS.length]?.(i) ?? '');
  return `${lines.join('\n')}\nCOMMIT\n`;
}

const RULE_FORMS: readonly ((i: number) => string)[] = [
  (i) =>
    `-A KUBE-SERVICES -d 10.96.${(i >> 8) & 255}.${i & 255}/32 -p tcp -m comment --comment "shop/web-${i}:http cluster IP" -m tcp --dport 80 -j KUBE-SEP`,
  (i) =>
    `-A KUBE-SEP -m comment --comment "shop/web-${i}:http -> 10.244.1.5:8080" -m statistic --mode random --probability 0.50000000000 -j RETURN`,
  (i) =>
    `-A KUBE-SEP -p tcp -m comment --comment "shop/web-${i}:http" -m tcp -j DNAT --to-destination 10.244.${i & 255}.5:8080`,
  (i) =>
    `-A PREROUTING -s 203.0.${(i >> 8) & 255}.${i & 255}/32 -i eth0 -p udp -m multiport --dports 53,${1024 + i} -m conntrack --ctstate NEW -j RETURN`,
  (i) =>
    `-A KUBE-SEP -m set --match-set s${i % 9} src,dst -m mark ! --mark 0x4000/0x4000 -j RETURN`,
];

function setText(): string {
  const lines = ['create s hash:net family inet hashsize 1024 maxelem 65536'];
  for (let i = 0; i < ELEMENTS; i++) lines.push(`add s 10.${i >> 8}.${i & 255}.0/24`);
  return `${lines.join('\n')}\n`;
}
