import type { Hook } from '../ruleset/hook.ts';
import { LOG_GROUP, MADE_CODE, OBSERVATION_POINTS, STATE_CODES } from './observation-point.ts';

/** The name of the lab's own nft tables. */
export const TABLE = 'hepsim_lab';

const FIRST = -2_000_000_000;

/**
 * The end of a hook. At INPUT and POSTROUTING the kernel confirms a connection at this same priority, and of two at the same
 * priority the one that came later runs first: the lab's tables come first, so that a packet seen there is confirmed.
 */
const LAST = 2_147_483_647;

/** Right behind the connection lookup, which is at -200. */
const AFTER_LOOKUP = -199;

/** First two bytes of the source MAC address of a frame whose other four are the mark that it arrives with. */
export const MARK_PREFIX: readonly [number, number] = [0x06, 0x4d];

/** What nobody asked for: the host's own neighbour, router and group membership messages, and redirects. */
const NOISE = [
  'icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } drop',
  'ip protocol igmp drop',
  'icmp type redirect drop',
];

/** The nft script that reports packets at both ends of every hook, and gives arriving frames their mark. */
export function observationTable(interfaces: readonly string[]): string {
  return `${pointTable()}${markTable(interfaces)}`;
}

function pointTable(): string {
  const chains = OBSERVATION_POINTS.map(({ hook, edge, code }) =>
    edge === 'start'
      ? chain(`${hook}_start`, hook, FIRST, startRules(hook, code))
      : chain(`${hook}_end`, hook, LAST, [log(code)]),
  );
  return `table inet ${TABLE} {\nchain trace {\n}\n${chains.join('')}}\n`;
}

function startRules(hook: Hook, code: string): readonly string[] {
  if (hook === 'prerouting') return ['jump trace', log(code)];
  if (hook !== 'output') return [log(code)];
  // A packet of the lab's own sockets has a user. What the host makes is only reported: it must not touch connections.
  const own = ['meta skuid >= 0 jump trace', `meta skuid >= 0 ${log(code)} accept`];
  return [...own, ...NOISE, log(MADE_CODE), 'drop'];
}

function markTable(interfaces: readonly string[]): string {
  const [first, second] = MARK_PREFIX.map((byte) => byte.toString(16).padStart(2, '0'));
  const match = `ether saddr & ff:ff:00:00:00:00 == ${first}:${second}:00:00:00:00`;
  const chains = interfaces.map(
    (name, index) =>
      `chain arrival${index} {\ntype filter hook ingress device "${name}" priority -1000;\n${match} meta mark set @ll,64,32\n}\n`,
  );
  return `table netdev ${TABLE} {\n${chains.join('')}}\n`;
}

/**
 * The nft script that also reports connection states. It must run after `observationTable`; from then on the kernel tracks
 * connections whatever the other rules are.
 */
export function stateRules(): string {
  const rules = Object.entries(STATE_CODES).map(
    ([state, code]) => `ct state ${state} ${log(code)} accept`,
  );
  return `table inet ${TABLE} {\n${['prerouting', 'output']
    .map((hook) => chain(`${hook}_state`, hook, AFTER_LOOKUP, rules))
    .join('')}}\n`;
}

/** The nft script that turns the kernel's tracing of rules on or off. */
export function traceRules(on: boolean): string {
  const flush = `flush chain inet ${TABLE} trace\n`;
  return on ? `${flush}add rule inet ${TABLE} trace meta nftrace set 1\n` : flush;
}

function chain(name: string, hook: string, priority: number, rules: readonly string[]): string {
  return `chain ${name} {\ntype filter hook ${hook} priority ${priority};\n${rules.join('\n')}\n}\n`;
}

function log(code: string): string {
  return `log prefix "${code}" group ${LOG_GROUP}`;
}
