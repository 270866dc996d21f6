import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { RuleContext } from '../definition.ts';
import { type Extension, type OptionShape, readValue } from '../extension.ts';
import type { GivenOption, GivenOptions } from '../option/given-options.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { PORT_RANGE } from '../option/port-codecs.ts';
import type { PortsMatch } from './ports.ts';
import { parseTcpFlags, SYN_ONLY, type TcpFlagsMatch } from './tcp-flags.ts';
import type { TcpOptionMatch } from './tcp-option.ts';
import type { TransportHeaderMatch } from './transport-header.ts';

/** What `-m tcp` and its like stand for: one match for each option. */
export type TransportMatch = PortsMatch | TcpFlagsMatch | TcpOptionMatch | TransportHeaderMatch;

type Protocol = TransportHeaderMatch['protocol'];

const PORT_OPTIONS: readonly OptionShape[] = [
  { flag: '--sport', aliases: ['--source-port'], words: 1, negatable: true },
  { flag: '--dport', aliases: ['--destination-port'], words: 1, negatable: true },
];

/** Reads `-m tcp --sport 1024: --dport 80 --syn`. */
export const tcpExtension: Extension<TransportMatch> = {
  name: 'tcp',
  options: [
    ...PORT_OPTIONS,
    { flag: '--tcp-option', words: 1, negatable: true },
    { flag: '--tcp-flags', words: 2, negatable: true },
    { flag: '--syn', words: 0, negatable: true },
  ],
  parse: (given, context) => {
    const matches = readPorts(given, context, 'tcp');
    const option = given.find('--tcp-option');
    if (option !== undefined) {
      const number = readValue(given, option, numberUpTo(255, 1), context);
      matches.push({ kind: 'tcp-option', option: number, negated: option.negated });
    }
    const flags = given.find('--tcp-flags');
    if (flags !== undefined) matches.push(readFlags(given, flags));
    const syn = given.find('--syn');
    if (syn !== undefined) matches.push({ kind: 'tcp-flags', ...SYN_ONLY, negated: syn.negated });
    return orHeader(matches, 'tcp');
  },
};

/** Reads `-m udp --dport 53`. */
export const udpExtension: Extension<TransportMatch> = {
  name: 'udp',
  options: PORT_OPTIONS,
  parse: (given, context) => orHeader(readPorts(given, context, 'udp'), 'udp'),
};

/** Reads `-m sctp --dport 132`; chunk types have no kind of their own. */
export const sctpExtension: Extension<TransportMatch> = {
  name: 'sctp',
  options: [...PORT_OPTIONS, { flag: '--chunk-types', words: 2, negatable: true }],
  parse: (given, context) => {
    const ports = readPorts(given, context, 'sctp');
    return given.has('--chunk-types') ? 'unknown' : orHeader(ports, 'sctp');
  },
};

/** Reads `-m dccp --dport 33`; packet types and options have no kind of their own. */
export const dccpExtension: Extension<TransportMatch> = {
  name: 'dccp',
  options: [
    ...PORT_OPTIONS,
    { flag: '--dccp-types', words: 1, negatable: true },
    { flag: '--dccp-option', words: 1, negatable: true },
  ],
  parse: (given, context) => {
    const ports = readPorts(given, context, 'dccp');
    const others = given.has('--dccp-types') || given.has('--dccp-option');
    return others ? 'unknown' : orHeader(ports, 'dccp');
  },
};

function readPorts(
  given: GivenOptions,
  context: RuleContext,
  protocol: Protocol,
): TransportMatch[] {
  if (context.protocol !== IP_PROTOCOL[protocol]) {
    throw given.refusal(`-m ${protocol} needs \`-p ${protocol}\` in the rule`);
  }
  const matches: TransportMatch[] = [];
  for (const side of ['source', 'destination'] as const) {
    const option = given.find(side === 'source' ? '--sport' : '--dport');
    if (option === undefined) continue;
    const range = readValue(given, option, PORT_RANGE, context);
    // Every port there is: iptables stores no more of it than `-m tcp`.
    if (range.first === 0 && range.last === 65535 && !option.negated) continue;
    matches.push({ kind: 'ports', side, range, negated: option.negated });
  }
  return matches;
}

function readFlags(given: GivenOptions, option: GivenOption): TcpFlagsMatch {
  const [mask, set] = option.words.map(parseTcpFlags);
  if (mask === undefined || set === undefined) {
    throw given.refusal(
      '--tcp-flags needs two lists of FIN, SYN, RST, PSH, ACK, URG, ALL or NONE',
      option,
    );
  }
  return { kind: 'tcp-flags', mask, set, negated: option.negated };
}

function orHeader(
  matches: readonly TransportMatch[],
  protocol: Protocol,
): readonly TransportMatch[] {
  return matches.length > 0 ? matches : [{ kind: 'transport-header', protocol }];
}
