import { describeFacts, type FactPacket, type FactRow } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

// netfilter-facts section 3.1. Timeouts are the simulator's alone: test/simulate/conntrack/tcp.test.ts.

const CLIENT = '192.0.2.10:40000';
const SERVER = '198.51.100.9:80';

/** `> SA 10/20 +5 new`: from the client with flags, sequence/acknowledgement and bytes of data, and the state that it has. */
function segments(...texts: readonly string[]): readonly FactPacket[] {
  return texts.map((text) => {
    const parts = /^([<>]) ([SAFRPUEC]+|none)(?: (\d+)\/(\d+))?(?: \+(\d+))? ([a-z]+)$/.exec(text);
    if (parts === null) throw new Error(`not a segment: ${text}`);
    const [, way, flags, sequence, acknowledgement, bytes, state] = parts;
    const ends = way === '>' ? `${CLIENT} -> ${SERVER} in=eth0` : `${SERVER} -> ${CLIENT} in=eth1`;
    const numbers = sequence === undefined ? '' : ` seq=${sequence} ack=${acknowledgement}`;
    const length = bytes === undefined ? '' : ` length=${40 + Number(bytes)}`;
    const out = way === '>' ? 'eth1' : 'eth0';
    return [`tcp ${ends} flags=${flags}${numbers}${length}`, `${state} accept ${out}`];
  });
}

function first(flags: readonly string[], state: string): readonly FactRow[] {
  return flags.map((one) => ({ row: `${one}: ${state}`, packets: segments(`> ${one} ${state}`) }));
}

const OPENS = ['S', 'SP', 'SU', 'SEC'];
const PICKS_UP = ['A', 'PA', 'AU', 'PAU', 'AE'];
const MEANS_NOTHING = [
  ...['SA', 'SAP', 'SAU', 'F', 'FA', 'R', 'RA', 'none', 'FPU', 'SF', 'SR', 'P', 'U', 'E'],
  'FSRPAUEC',
];

describeFacts('3.1: TCP, no entry', [
  ...first([...OPENS, ...PICKS_UP], 'new'),
  ...first(MEANS_NOTHING, 'invalid'),
  { row: 'F without entry, then A', packets: segments('> F invalid', '> A new') },
]);

describeFacts(
  '3.1: TCP, no entry, loose=0',
  [...first(['S', 'SP'], 'new'), ...first([...PICKS_UP, 'SA', 'F', 'R'], 'invalid')],
  { host: testHost({ sysctls: { 'net.netfilter.nf_conntrack_tcp_loose': 0 } }) },
);

/** The client's next byte is 1000101, of which the server has acknowledged all; the server's is 5000001. */
const ESTABLISHED = [
  '> S 1000000/0 new',
  '< SA 5000000/1000001 established',
  '> A 1000001/5000001 established',
  '> PA 1000001/5000001 +100 established',
  '< A 5000001/1000101 established',
];
const NEXT = '> PA 1000101/5000001 +10 established';
/** Opens a new connection only where the one before is over. */
const SYN_AGAIN = '> S 9000000/0';

/** Both sides open, and the server's segment is let through without being looked at. */
const BOTH_OPEN = ['> S 1000/0 new', '< S 1000/1001 established', '< PA 1001/1001 established'];

describeFacts('3.1: a RST is let through for an acknowledgement of the last segment alone', [
  {
    row: "that of its own side's last segment counts as well",
    packets: segments(...BOTH_OPEN, '< RA 301001/1001 established'),
  },
  {
    row: 'even without the flag that says that there is one',
    packets: segments(...BOTH_OPEN, '< R 301001/1001 established'),
  },
  { row: 'another does not', packets: segments(...BOTH_OPEN, '< RA 301001/1005 invalid') },
  {
    row: "that of its own side's SYN, let through in an established connection, does not",
    packets: segments(...ESTABLISHED, '> S 1000201/0 established', '> RA 9000000/1000202 invalid'),
  },
]);

describeFacts('3.1: TCP with an entry', [
  {
    row: 'S, SA, A, data, data back',
    packets: segments(
      '> S new',
      '< SA established',
      '> A established',
      '> PA +10 established',
      '< PA +10 established',
    ),
  },
  { row: 'S, S again: same seq', packets: segments('> S 1000/0 new', '> S 1000/0 new') },
  { row: 'S, S again: other seq', packets: segments('> S 1000/0 new', '> S 7000/0 new') },
  {
    row: 'S, A from the client without SYN-ACK',
    packets: segments('> S 1000/0 new', '> A 1001/1 invalid'),
  },
  { row: 'S, A back', packets: segments('> S 1000/0 new', '< A 5000/1001 established') },
  {
    row: 'S, S back (simultaneous)',
    packets: segments('> S 1000/0 new', '< S 5000/0 established'),
  },
  {
    row: 'S, SA with wrong ack',
    packets: segments('> S 1000/0 new', '< SA 5000/500 established'),
  },
  {
    // The kernel contradicts the sheet where the ack is of bytes that were never sent.
    row: 'S, SA with an ack of unsent data',
    packets: segments('> S 1000/0 new', '< SA 5000/77777 invalid'),
  },
  {
    row: 'S, RST back: entry is deleted at once; next S is NEW',
    packets: segments(
      '> S 1000/0 new',
      '< RA 0/1001 established',
      '> S 1000/0 new',
      '< SA 5000/1001 established',
    ),
  },
  {
    row: 'S, RST back with another ack',
    packets: segments('> S 1000/0 new', '< RA 0/500 established', '< SA 5000/1001 invalid'),
  },
  {
    row: 'S, RST back without ack',
    packets: segments('> S 1000/0 new', '< R 0/0 established', '< SA 5000/1001 invalid'),
  },
  {
    // The kernel contradicts the sheet where the ack is of bytes that were never sent.
    row: 'S, RST back with an ack of unsent data',
    packets: segments('> S 1000/0 new', '< RA 0/77777 invalid', '< SA 5000/1001 established'),
  },
  { row: 'mid-stream A, A, A same direction', packets: segments('> A new', '> A new', '> A new') },
  {
    row: 'mid-stream A, A back',
    packets: segments('> A 1000/5000 new', '< A 5000/1000 established'),
  },
  {
    row: 'established, data far above the window: INVALID, entry unchanged',
    packets: segments(...ESTABLISHED, '> PA 9000000/5000001 +10 invalid', NEXT),
  },
  {
    row: 'established, old data 200 000 below the window',
    packets: segments(...ESTABLISHED, '> PA 800001/5000001 +10 established'),
  },
  {
    row: 'established, ack of unsent data',
    packets: segments(...ESTABLISHED, '> A 1000101/9000000 invalid', NEXT),
  },
  {
    row: 'established, RST with exact seq: state CLOSE, and S reopens',
    packets: segments(...ESTABLISHED, '> R 1000101/0 established', `${SYN_AGAIN} new`),
  },
  {
    row: 'established, RST in window but not exact: state stays ESTABLISHED',
    packets: segments(...ESTABLISHED, '> R 1000500/0 established', `${SYN_AGAIN} established`),
  },
  {
    row: 'established, RST out of window',
    packets: segments(...ESTABLISHED, '> R 9000000/0 invalid', NEXT),
  },
  {
    row: 'established, SYN in window: ESTABLISHED, entry unchanged',
    packets: segments(...ESTABLISHED, '> S 1000101/0 established', NEXT),
  },
  {
    row: 'established, SYN out of window: ESTABLISHED, entry unchanged',
    packets: segments(...ESTABLISHED, '> S 9000000/0 established', NEXT),
  },
  {
    row: 'established, no flags or FPU',
    packets: segments(
      ...ESTABLISHED,
      '> none 1000101/5000001 invalid',
      '> FPU 1000101/5000001 invalid',
      NEXT,
    ),
  },
  {
    row: 'FIN, FIN, ACK: TIME_WAIT; a new S reopens',
    packets: segments(
      ...ESTABLISHED,
      '> FA 1000101/5000001 established',
      '< FA 5000001/1000102 established',
      '> A 1000102/5000002 established',
      `${SYN_AGAIN} new`,
    ),
  },
  {
    row: 'after RST, data: EST',
    packets: segments(...ESTABLISHED, '> R 1000101/0 established', NEXT),
  },
]);

describeFacts(
  '3.1: tcp_be_liberal=1',
  [
    {
      row: 'out-of-window data',
      packets: segments(...ESTABLISHED, '> PA 9000000/5000001 +10 established'),
    },
    { row: 'out-of-window RST', packets: segments(...ESTABLISHED, '> R 9000000/0 established') },
  ],
  { host: testHost({ sysctls: { 'net.netfilter.nf_conntrack_tcp_be_liberal': 1 } }) },
);

const PICKED_UP = ['> A 1000/5000 new', '> S 1001/0 new', '< SA 305000/1002 established'];

describeFacts(
  '3.1: a SYN-ACK to a SYN of a connection that was open already brings the entry back in step',
  [
    {
      row: 'picked up in the middle: the side of the SYN has a window from then on',
      packets: segments(...PICKED_UP, '> PA 900000/305001 invalid'),
    },
    {
      row: 'picked up in the middle: the side of the SYN-ACK stays free of windows',
      packets: segments(
        ...PICKED_UP,
        '< PA 905000/1002 established',
        '< PA 5000/301002 established',
      ),
    },
    {
      row: 'seen from its beginning: both have windows',
      packets: segments(
        '> S 1000/0 new',
        '< SA 5000/1001 established',
        '> A 1001/5001 established',
        '> S 1001/0 established',
        '< SA 305000/1002 established',
        '< PA 905001/1002 invalid',
        '> PA 900000/305001 invalid',
      ),
    },
  ],
);
