import { parseConnections } from '../../src/host/connections/parse-connections.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { ConnectionTracker } from '../../src/simulate/conntrack/connection-tracker.ts';
import { processorSeconds } from './processor-time.ts';

/** How long a connection table takes to load: read, and put into the simulated one. */
export interface ConnectionTableFigures {
  readonly entries: number;
  readonly rounds: number;
  /** Best of the rounds, in seconds of processor time, by the form of the table. */
  readonly lines: number;
  readonly xml: number;
  /** The lines within a Host document, reading that included. */
  readonly document: number;
}

const ENTRIES = 200_000;
const ROUNDS = 5;

/** Loads a table of as many entries as a busy host has, most of them of one service. */
export function measureConnectionTables(): ConnectionTableFigures {
  return {
    entries: ENTRIES,
    rounds: ROUNDS,
    lines: measure('', line, ''),
    xml: measure(
      '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n',
      element,
      '</conntrack>\n',
    ),
    document: measure(
      DOCUMENT,
      (flow, i) => `    ${line(flow, i)}`,
      '',
      (text) => load(tableOf(text)),
    ),
  };
}

const DOCUMENT = `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24]}
  connections: |
`;

function tableOf(text: string): string {
  const { hosts } = readResources([{ file: 'host.yaml', text }]);
  return hosts[0]?.connections?.text ?? '';
}

function measure(
  head: string,
  entry: (flow: Flow, i: number) => string,
  end: string,
  work: (text: string) => void = load,
): number {
  const entries = Array.from({ length: ENTRIES }, (_, i) => entry(flow(i), i));
  // One piece of memory, as what is read from a file.
  const text = Buffer.from([head, ...entries, end].join('')).toString();
  return best(() => work(text));
}

interface Flow {
  readonly client: string;
  readonly port: number;
}

function flow(i: number): Flow {
  return { client: `10.${(i >> 14) & 255}.${(i >> 6) & 255}.${i & 63}`, port: 1024 + (i % 60_000) };
}

function line({ client, port }: Flow, i: number): string {
  return `ipv4     2 tcp      6 ${431_999 - (i % 1000)} ESTABLISHED src=${client} dst=192.0.2.10 sport=${port} dport=443 src=10.65.0.2 dst=${client} sport=8443 dport=${port} [ASSURED] mark=0 use=1 id=${i}\n`;
}

function element({ client, port }: Flow, i: number): string {
  const meta = (direction: string, src: string, dst: string, ports: readonly number[]): string =>
    `<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4"><src>${src}</src><dst>${dst}</dst></layer3><layer4 protonum="6" protoname="tcp"><sport>${ports[0]}</sport><dport>${ports[1]}</dport></layer4></meta>`;
  return `<flow>${meta('original', client, '192.0.2.10', [port, 443])}${meta('reply', '10.65.0.2', client, [8443, port])}<meta direction="independent"><state>ESTABLISHED</state><timeout>${431_999 - (i % 1000)}</timeout><mark>0</mark><use>1</use><id>${i}</id><assured/></meta></flow>\n`;
}

function load(text: string): void {
  const { records } = parseConnections(text, { file: 'table', line: 1, column: 1 });
  const tracker = new ConnectionTracker(new Map());
  tracker.seed(records);
  if (records.length !== ENTRIES) throw new Error(`only ${records.length} entries were read`);
}

function best(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    work();
    least = Math.min(least, processorSeconds(before));
  }
  return least;
}
