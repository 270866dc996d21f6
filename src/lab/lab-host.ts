import { writeFileSync } from 'node:fs';
import { type IpAddress, type IpFamily, sameIpAddress } from '../address/ip-address.ts';
import { HEADERS_BYTES } from '../packet/decode-headers.ts';
import { encodePacket } from '../packet/encode-packet.ts';
import { encodeFrame, parseMac } from '../packet/ethernet.ts';
import { LOCAL, type Packet } from '../packet/packet.ts';
import type { TableName } from '../ruleset/hook.ts';
import { renderIpsets } from '../ruleset/render-ruleset.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { AccountingObjects } from './accounting-objects.ts';
import { ConnectionFlush } from './connection-flush.ts';
import { ConnectionNumbers } from './connection-numbers.ts';
import type { InjectOptions, LabOptions, Observation, TracedRule } from './kernel-lab.ts';
import { LabError } from './lab-error.ts';
import { LoadedSets } from './loaded-sets.ts';
import { LocalSender } from './local-sender.ts';
import { type LogMessage, NetfilterLog } from './netfilter-log.ts';
import { LOG_GROUP } from './observation-point.ts';
import { MARK_PREFIX, observationTable, stateRules } from './observation-table.ts';
import { PacketObserver } from './packet-observer.ts';
import { refusePacket } from './refuse-packet.ts';
import { emptyRuleset, replacementText, tableNames } from './restore-texts.ts';
import { RouteQuestion } from './route-question.ts';
import { RuleTracer } from './rule-tracer.ts';
import { runProgram } from './run-program.ts';
import { type LabNetwork, setUpNetwork } from './set-up-network.ts';
import { ERRNO, lastErrno, writeBytes } from './system-calls.ts';

const FAMILIES: readonly IpFamily[] = [4, 6];

/** The group that the kernel's own TRACE reports to. */
const TRACE_GROUP = 0;

/** Who writes the kernel's own reports, by the family's number. */
const LOGGERS = ['2', '10'].map((family) => `/proc/sys/net/netfilter/nf_log/${family}`);

/** The far end's MAC address, where the packet names none. */
const FAR_MAC = parseMac('02:00:00:00:00:02');

/** How often to look again for a packet that another processor is still taking through `lo`. */
const LOOPBACK_LOOKS = 2000;

/** The test host, seen from the process inside its namespace. */
export class LabHost {
  readonly #options: LabOptions;
  readonly #network: LabNetwork;
  readonly #log: NetfilterLog;
  readonly #sender: LocalSender;
  readonly #observer: PacketObserver;
  readonly #tracer: RuleTracer;
  readonly #routes = new RouteQuestion();
  readonly #connections = new ConnectionFlush();
  readonly #numbers = new ConnectionNumbers();
  readonly #sets = new LoadedSets();
  readonly #accounting = new AccountingObjects();
  /** Whether the kernel has the rules and sets that were loaded last: all of them, as nothing was refused. */
  #isSure = true;
  /** Tables that have been loaded, by family. */
  readonly #used: Record<IpFamily, ReadonlySet<TableName>> = { 4: new Set(), 6: new Set() };

  /** @throws LabError for a host that cannot be made. */
  constructor(options: LabOptions) {
    this.#options = options;
    this.#network = setUpNetwork(options.host);
    this.#log = new NetfilterLog([LOG_GROUP, TRACE_GROUP], HEADERS_BYTES);
    this.#sender = new LocalSender((source) => this.#interfaceWith(source));
    const { names, ports } = this.#network;
    this.#observer = new PacketObserver((index) => names.get(index) ?? `interface ${index}`);
    this.#tracer = new RuleTracer(options.build);
    runProgram('nft', ['-f', '-'], observationTable([...ports.keys()]));
    if (options.watchState !== false) runProgram('nft', ['-f', '-'], stateRules());
    for (const logger of LOGGERS) writeFileSync(logger, 'nfnetlink_log');
  }

  #interfaceWith(source: IpAddress): number {
    const owner = this.#options.host.interfaces.find(({ addresses }) =>
      addresses.some(({ address }) => sameIpAddress(address, source)),
    );
    return owner === undefined ? 0 : this.#indexOf(owner.name);
  }

  #indexOf(wanted: string): number {
    for (const [index, name] of this.#network.names) if (name === wanted) return index;
    return 0;
  }

  /** Replaces all rules and sets. @throws LabError with what the programs said when they refuse any of it. */
  load(rulesets: readonly Ruleset[]): void {
    const wanted = renderIpsets(rulesets);
    const sets = this.#isSure ? this.#sets.replacing(wanted) : undefined;
    this.#isSure = false;
    if (sets === undefined) this.#startFromNothing();
    const text = sets ?? this.#sets.replacing(wanted);
    if (text !== undefined && text !== '') runProgram('ipset', ['restore'], text);
    for (const family of FAMILIES) {
      this.#restore(rulesets.find((one) => one.family === family) ?? emptyRuleset(family));
    }
    this.#isSure = true;
    this.flushConnections();
  }

  /** Sets in use cannot be destroyed, so that the rules go first. */
  #startFromNothing(): void {
    for (const family of FAMILIES) this.#restore(emptyRuleset(family));
    // A list holds on to its sets until it is empty.
    runProgram('ipset', ['flush']);
    runProgram('ipset', ['destroy']);
    this.#sets.clear();
  }

  #restore(ruleset: Ruleset): void {
    const { family } = ruleset;
    const text = replacementText(ruleset, this.#used[family]);
    this.#used[family] = new Set([...this.#used[family], ...tableNames(ruleset)]);
    this.#tracer.loaded(ruleset);
    this.#accounting.make(ruleset);
    if (text === '') return;
    runProgram(
      `${family === 4 ? 'iptables' : 'ip6tables'}-${this.#options.build}-restore`,
      [],
      text,
    );
  }

  /** Empties the connection table. */
  flushConnections(): void {
    this.#connections.run();
    this.#numbers.clear();
  }

  /** Injects packets in order and says what became of each. @throws LabError for a packet that cannot be injected. */
  inject(packets: readonly Packet[], options: InjectOptions): readonly Observation[] {
    this.#tracer.turn(options.trace === true);
    this.#log.drain(ignore);
    return packets.map((packet) => this.#injectOne(packet));
  }

  #injectOne(packet: Packet): Observation {
    refusePacket(packet);
    const numbers = this.#numbers.numbersFor(packet);
    const bytes = encodePacket(packet, numbers);
    const lost = this.#log.lost + this.#tracer.lost;
    this.#observer.begin();
    this.#tracer.begin(packet.family);
    const error =
      packet.in === LOCAL ? this.#sender.send(packet, bytes) : this.#arrive(packet, bytes);
    this.#log.drain(this.#take);
    for (let looks = 0; this.#observer.isOnLoopback && looks < LOOPBACK_LOOKS; looks++) {
      this.#log.drain(this.#take);
    }
    const traced = this.#tracer.finish();
    const isSent = packet.in === LOCAL && this.#observer.hasLeft;
    const rules = isSent && traced !== undefined ? withoutCopy(traced) : traced;
    const seen = this.#observer.finish(packet, error, rules);
    this.#numbers.remember(packet, numbers, seen);
    if (this.#log.lost + this.#tracer.lost !== lost) return { ...seen, lost: true };
    return this.#isAnswerLimited(packet, seen) ? { ...seen, answerLimited: true } : seen;
  }

  #isAnswerLimited(packet: Packet, seen: Observation): boolean {
    const { family, in: from } = packet;
    if (family !== 4 || from === undefined || from === LOCAL) return false;
    if (seen.verdict !== 'drop' || seen.lastPoint !== ROUTING) return false;
    return this.#routes.isUnroutable(seen, this.#indexOf(from));
  }

  readonly #take = (message: LogMessage): void => {
    if (!this.#tracer.take(message)) this.#observer.take(message);
  };

  /** Has the frame arrive on its interface; 0, since nobody tells a far sender of an error. */
  #arrive(packet: Packet, bytes: Uint8Array): number {
    const port = this.#network.ports.get(packet.in ?? '');
    if (port === undefined) {
      throw new LabError('unsupported', `the host has no interface \`${packet.in}\` to arrive on`);
    }
    const macs = { source: sourceMac(packet), destination: port.mac };
    const frame = encodeFrame(bytes, packet.family, macs);
    if (writeBytes(port.fd, frame) === frame.length) return 0;
    const errno = lastErrno();
    // An interface that is down takes no frames: none arrives.
    if (errno === ERRNO.EIO) return 0;
    throw new LabError('failed', `writing to interface ${packet.in} failed with error ${errno}`);
  }
}

/** The last point before the routing of what arrives. */
const ROUTING = 'prerouting (end)';

/**
 * Of a broadcast that the host sends a copy comes back to it. Both pass POSTROUTING, where the one that comes first is asked for its
 * translation, so that its rules stand for the packet's.
 */
function withoutCopy(rules: readonly TracedRule[]): readonly TracedRule[] {
  const sending = rules.filter(({ hook }) => hook === 'output');
  const leaving = rules.filter(({ hook }) => hook === 'postrouting');
  const [first] = leaving;
  const again = leaving.findIndex(
    ({ table, chain, rule }, index) =>
      index > 0 && table === first?.table && chain === first.chain && rule === first.rule,
  );
  return [...sending, ...(again < 0 ? leaving : leaving.slice(0, again))];
}

/** Nothing is done with what came in between. */
function ignore(): void {}

function sourceMac({ mark, mac }: Packet): Uint8Array {
  if (mark === 0) return mac === undefined ? FAR_MAC : parseMac(mac);
  // The kernel copies the four bytes as they are, and its numbers are little-endian.
  return Uint8Array.of(...MARK_PREFIX, mark, mark >>> 8, mark >>> 16, mark >>> 24);
}
