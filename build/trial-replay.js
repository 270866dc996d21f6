// Documents and a capture that take a replay through most of what a large one does: many policies, sets, and connections of which some are dropped.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SYN = 2;
const ACK = 16;
const FIN = 1;
const TCP = 6;
const UDP = 17;

/** Writes the files into a directory and returns the arguments of the replay. */
export function trialReplay(directory) {
  const documents = join(directory, 'documents.yaml');
  const capture = join(directory, 'packets.pcap');
  writeFileSync(documents, [host(), ...sets(8), ...policies(40)].join('---\n'));
  writeFileSync(capture, pcapOf(packets(400)));
  return ['replay', '-q', '-n', 'node1', '-f', documents, capture];
}

function host() {
  return `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24, "2001:db8:1::10/64"]}
    - {name: eth1, addresses: [198.51.100.10/24]}
  routes:
    - {to: 198.18.0.0/16, via: 192.0.2.1, dev: eth0}
    - {to: 198.19.0.0/16, via: 198.51.100.1, dev: eth1}
  sysctls: {net.ipv4.ip_forward: 1, net.ipv4.conf.all.rp_filter: 0}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata:
  name: node1-eth0
  labels: {"role": "edge", "zone": "a"}
spec:
  node: node1
  interfaceName: eth0
  expectedIPs: ["192.0.2.10"]
`;
}

function sets(count) {
  return Array.from({ length: count }, (_, set) => {
    const nets = Array.from(
      { length: 24 },
      (_, net) => `"198.18.${set * 24 + net}.0/${24 + (net % 9)}"`,
    );
    return `apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata:
  name: set-${set}
  labels: {set: set-${set}}
spec:
  nets: [${nets.join(', ')}]
`;
  });
}

function policies(count) {
  return Array.from({ length: count }, (_, policy) => {
    const rules = Array.from({ length: 10 }, (_, rule) => ruleOf(policy * 10 + rule));
    return `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: policy-${policy}
spec:
  order: ${100 + policy}
  selector: "role == 'edge' && zone == 'a'"
  types: [Ingress]
  applyOnForward: true
  ingress:
${rules.join('')}`;
  });
}

function ruleOf(number) {
  const isWide = number === 399;
  const nets = isWide
    ? ['"198.18.0.0/17"']
    : [`"198.18.${number % 256}.0/25"`, `"198.18.${(number * 7) % 256}.128/26"`];
  const source =
    number % 3 === 0 && !isWide
      ? `selector: set == 'set-${number % 8}'`
      : `nets: [${nets.slice(0, 1 + (number % 2)).join(', ')}]`;
  return `  - action: ${number % 4 === 0 ? 'Deny' : 'Allow'}
    protocol: ${number % 5 === 0 ? 'UDP' : 'TCP'}
    ipVersion: 4
    source:
      ${source}
    destination:
      ports: [${1000 + number}, ${2000 + number * 3}${isWide ? ', "1000:1400"' : ''}]
`;
}

/** Connections one after the other: handshake, data, end; queries and answers. */
function packets(flows) {
  const frames = [];
  for (let flow = 0; flow < flows; flow++) {
    const client = [198, 18, flow % 256, 1 + (flow % 250)];
    const server = flow % 4 === 0 ? [192, 0, 2, 10] : [198, 19, flow % 256, 7];
    const there = { from: client, to: server, ports: [20000 + flow, 1000 + ((flow * 17) % 400)] };
    const back = { from: server, to: client, ports: [...there.ports].reverse() };
    if (flow % 5 === 0) {
      frames.push(udp(there), udp(back), udp(there));
      continue;
    }
    const segments = [
      [there, SYN, 100, 0, 0],
      [back, SYN | ACK, 500, 101, 0],
      [there, ACK, 101, 501, 0],
      [there, ACK, 101, 501, 20],
      [back, ACK, 501, 121, 30],
      [there, FIN | ACK, 121, 531, 0],
      [back, FIN | ACK, 531, 122, 0],
      [there, ACK, 122, 532, 0],
    ];
    for (const [way, flags, seq, ack, length] of segments) {
      frames.push(tcp(way, { flags, seq, ack, length }));
    }
  }
  return frames;
}

function tcp(way, { flags, seq, ack, length }) {
  const segment = Buffer.alloc(20 + length);
  segment.writeUInt32BE(seq, 4);
  segment.writeUInt32BE(ack, 8);
  segment[12] = 0x50;
  segment[13] = flags;
  segment.writeUInt16BE(0xffff, 14);
  return frameOf(way, TCP, segment, 16);
}

function udp(way) {
  const datagram = Buffer.alloc(8 + 16);
  datagram.writeUInt16BE(datagram.length, 4);
  return frameOf(way, UDP, datagram, 6);
}

function frameOf({ from, to, ports }, protocol, payload, sumAt) {
  ports.forEach((port, i) => {
    payload.writeUInt16BE(port, i * 2);
  });
  const pseudo = Buffer.from([...from, ...to, 0, protocol, 0, payload.length]);
  payload.writeUInt16BE(checksum(Buffer.concat([pseudo, payload])), sumAt);
  const header = Buffer.from([0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, protocol, 0, 0, ...from, ...to]);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(checksum(header), 10);
  const ethernet = Buffer.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
  return Buffer.concat([ethernet, header, payload]);
}

function checksum(bytes) {
  let sum = 0;
  bytes.forEach((byte, i) => {
    sum += i % 2 === 0 ? byte << 8 : byte;
  });
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function pcapOf(frames) {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.map((frame, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + Math.floor(i / 1000), 0);
    record.writeUInt32LE((i % 1000) * 1000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([head, ...records]);
}
