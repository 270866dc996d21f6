import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import { sameIpAddress } from '../address/ip-address.ts';
import { HEADERS_BYTES } from '../packet/decode-headers.ts';
import { encodePacket } from '../packet/encode-packet.ts';
import { encodeFrame, parseMac } from '../packet/ethernet.ts';
import { LOCAL, type Packet } from '../packet/packet.ts';
import type { TableName } from '../ruleset/hook.ts';
import { renderIpsets } from '../ruleset/render-ruleset.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { ConnectionNumbers } from './connection-numbers.ts';
import { interfaceSysctls, namespaceSysctls, type SysctlWrite } from './host-sysctls.ts';
import type { InjectOptions, LabOptions, Observation, TracedRule } from './kernel-lab.ts';
import { LabError } from './lab-error.ts';
import { LocalSender } from './local-sender.ts';
import { type LogMessage, NetfilterLog } from './netfilter-log.ts';
import { LOG_GROUP } from './observation-point.ts';
import { MARK_PREFIX, observationTable, stateRules, traceRules } from './observation-table.ts';
import { PacketObserver } from './packet-observer.ts';
import { emptyRuleset, replacementText, tableNames } from './restore-texts.ts';
import { runProgram } from './run-program.ts';
import { lastErrno, writeBytes } from './system-calls.ts';
import { openTap } from './tap-device.ts';
import {
  linkCommands,
  macOf,
  madeInterfaces,
  refuseUnsupported,
  routeCommands,
} from './topology.ts';
import { type ChainLengths, chainLengths, parseTracePrefix } from './trace-prefix.ts';

const FAMILIES: readonly IpFamily[] = [4, 6];
const TRACE_GROUP = 0;
const TRACE_START = 'T'.charCodeAt(0);

/** The far end's MAC address, where the packet names none. */
const FAR_MAC = parseMac('02:00:00:00:00:02');

/** How often to look again for a packet that another processor is still taking through `lo`. */
const LOOPBACK_LOOKS = 2000;

interface Port {
  readonly fd: number;
  readonly mac: Uint8Array;
}

/** The test host, seen from the process inside its namespace. */
export class LabHost {
  readonly #options: LabOptions;
  readonly #ports = new Map<string, Port>();
  readonly #names = new Map<number, string>();
  readonly #numbers = new ConnectionNumbers();
  readonly #log: NetfilterLog;
  readonly #sender: LocalSender;
  readonly #observer: PacketObserver;
  #used: Record<IpFamily, ReadonlySet<TableName>> = { 4: new Set(), 6: new Set() };
  #lengths: Record<IpFamily, ChainLengths> = { 4: new Map(), 6: new Map() };
  #isTracing = false;
  #traced: TracedRule[] = [];
  #family: IpFamily = 4;

  constructor(options: LabOptions) {
    refuseUnsupported(options.host);
    this.#options = options;
    this.#setUpNetwork();
    this.#log = new NetfilterLog([LOG_GROUP, TRACE_GROUP], HEADERS_BYTES);
    this.#sender = new LocalSender((source) => this.#interfaceWith(source));
    this.#observer = new PacketObserver((index) => this.#names.get(index) ?? `if${index}`);
    this.#setUpObservation();
  }

  #setUpNetwork(): void {
    const { host } = this.#options;
    writeSysctls(namespaceSysctls(host));
    for (const [index, link] of madeInterfaces(host).entries()) {
      // A module may have put an interface of this name into every namespace.
      if (existsSync(`/sys/class/net/${link.name}`)) {
        runProgram('ip', ['link', 'set', link.name, 'name', `hepsim-old${index}`]);
      }
      this.#ports.set(link.name, { fd: openTap(link.name), mac: parseMac(macOf(link, index)) });
    }
    batch([], linkCommands(host));
    writeSysctls(interfaceSysctls(host));
    for (const family of FAMILIES) batch([`-${family}`], routeCommands(host, family));
    for (const name of readdirSync('/sys/class/net')) {
      const index = Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
      this.#names.set(index, name);
    }
  }

  #setUpObservation(): void {
    runProgram('nft', ['-f', '-'], observationTable([...this.#ports.keys()]));
    if (this.#options.watchState !== false) runProgram('nft', ['-f', '-'], stateRules());
    for (const protocol of ['2', '10']) {
      writeFileSync(`/proc/sys/net/netfilter/nf_log/${protocol}`, 'nfnetlink_log');
    }
  }

  #interfaceWith(source: IpAddress): number {
    const owner = this.#options.host.interfaces.find(({ addresses }) =>
      addresses.some(({ address }) => sameIpAddress(address, source)),
    );
    for (const [index, name] of this.#names) if (name === owner?.name) return index;
    return 0;
  }

  /** Replaces all rules and sets. @throws LabError with what the programs said when they refuse any of it. */
  load(rulesets: readonly Ruleset[]): void {
    const of = (family: IpFamily): Ruleset =>
      rulesets.find((ruleset) => ruleset.family === family) ?? emptyRuleset(family);
    // Sets in use cannot be destroyed.
    for (const family of FAMILIES) this.#restore(emptyRuleset(family));
    runProgram('ipset', ['destroy']);
    const sets = renderIpsets(rulesets);
    if (sets !== '') runProgram('ipset', ['restore'], sets);
    for (const family of FAMILIES) this.#restore(of(family));
    this.flushConnections();
  }

  #restore(ruleset: Ruleset): void {
    const { family } = ruleset;
    const text = replacementText(ruleset, this.#used[family]);
    this.#used[family] = new Set([...this.#used[family], ...tableNames(ruleset)]);
    this.#lengths[family] = chainLengths(ruleset);
    if (text === '') return;
    const program = `${family === 4 ? 'iptables' : 'ip6tables'}-${this.#options.build}-restore`;
    runProgram(program, ['--noflush'], text);
  }

  /** Empties the connection table. */
  flushConnections(): void {
    runProgram('conntrack', ['-F']);
    this.#numbers.clear();
  }

  /** Injects packets in order and says what became of each. @throws LabError for a packet that cannot be injected. */
  inject(packets: readonly Packet[], options: InjectOptions): readonly Observation[] {
    this.#trace(options.trace === true);
    this.#log.drain(ignore);
    return packets.map((packet) => this.#injectOne(packet));
  }

  #trace(on: boolean): void {
    if (on === this.#isTracing) return;
    if (on && this.#options.build === 'nft') {
      throw new LabError('unsupported', 'rules are traced with iptables-legacy only');
    }
    runProgram('nft', ['-f', '-'], traceRules(on));
    this.#isTracing = on;
  }

  #injectOne(packet: Packet): Observation {
    refusePacket(packet);
    const numbers = this.#numbers.numbersFor(packet);
    const bytes = encodePacket(packet, numbers);
    const lost = this.#log.lost;
    this.#observer.begin();
    this.#traced = [];
    this.#family = packet.family;
    const error =
      packet.in === LOCAL ? this.#sender.send(packet, bytes) : this.#arrive(packet, bytes);
    this.#log.drain(this.#take);
    for (let looks = 0; this.#observer.isOnLoopback && looks < LOOPBACK_LOOKS; looks++) {
      this.#log.drain(this.#take);
    }
    const rules = this.#isTracing ? this.#traced : undefined;
    const seen = this.#observer.finish(packet, error, rules);
    this.#numbers.remember(packet, numbers, seen);
    return this.#log.lost === lost ? seen : { ...seen, lost: true };
  }

  readonly #take = (message: LogMessage): void => {
    if (message.code !== TRACE_START) {
      this.#observer.take(message);
      return;
    }
    const { bytes, prefixStart, prefixEnd, hook } = message;
    const prefix = Buffer.from(bytes.subarray(prefixStart, prefixEnd)).toString('latin1');
    const rule = parseTracePrefix(prefix, hook, this.#lengths[this.#family]);
    if (rule !== undefined) this.#traced.push(rule);
  };

  /** Has the frame arrive on its interface; 0, since nobody tells a far sender of an error. */
  #arrive(packet: Packet, bytes: Uint8Array): number {
    const port = this.#ports.get(packet.in ?? '');
    if (port === undefined) {
      throw new LabError('unsupported', `the host has no interface \`${packet.in}\` to arrive on`);
    }
    const frame = encodeFrame(bytes, packet.family, {
      source: sourceMac(packet),
      destination: port.mac,
    });
    if (writeBytes(port.fd, frame) === frame.length) return 0;
    const errno = lastErrno();
    // An interface that is down takes no frames: none arrives.
    if (errno === EIO) return 0;
    throw new LabError('failed', `writing to interface ${packet.in} failed with error ${errno}`);
  }
}

const EIO = 5;

/** Nothing is done with what came in between. */
function ignore(): void {}

function batch(options: readonly string[], commands: string): void {
  if (commands !== '') runProgram('ip', [...options, '-batch', '-'], commands);
}

function writeSysctls(writes: readonly SysctlWrite[]): void {
  for (const { path, value, optional } of writes) {
    try {
      writeFileSync(`/proc/sys/${path}`, String(value));
    } catch (error) {
      if (!optional) throw new LabError('rejected', `sysctl ${path}=${value}: ${String(error)}`);
    }
  }
}

function sourceMac(packet: Packet): Uint8Array {
  if (packet.mark !== 0) {
    const { mark } = packet;
    // The kernel copies the four bytes as they are, and its numbers are little-endian.
    return Uint8Array.of(...MARK_PREFIX, mark, mark >>> 8, mark >>> 16, mark >>> 24);
  }
  return packet.mac === undefined ? FAR_MAC : parseMac(packet.mac);
}

/** @throws LabError for a packet of which part would be left out. */
function refusePacket(packet: Packet): void {
  const why = whyNotInjected(packet);
  if (why !== undefined) throw new LabError('unsupported', `the lab cannot inject a packet ${why}`);
}

function whyNotInjected(packet: Packet): string | undefined {
  if (packet.in === undefined) return 'that does not say where it comes in';
  if (packet.state !== undefined) return 'whose connection state is given';
  if (packet.timeSeconds !== undefined && packet.timeSeconds !== 0) return 'of another time';
  if (packet.in !== LOCAL && packet.mark !== 0 && packet.mac !== undefined) {
    return 'that arrives with both a mark and a source MAC address';
  }
  if (packet.in === 'lo') return 'that arrives on lo';
  return undefined;
}
