import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COOKED, LinkLayer } from '../../src/capture/link-layer.ts';
import { isReadableLinkType, LINK_TYPE, linkTypeName } from '../../src/capture/link-type.ts';

const IP = [0x45, 0, 0, 20, ...new Array<number>(16).fill(0)];
const MACS = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

function read(bytes: readonly number[], linkType: number): LinkLayer {
  const link = new LinkLayer();
  link.read(Uint8Array.from(bytes), 0, bytes.length, linkType);
  return link;
}

const { ethernet, linuxCooked, linuxCooked2 } = LINK_TYPE;

test.each<[string, readonly number[], number]>([
  ['Ethernet', [...MACS, 8, 0], ethernet],
  ['802.1Q', [...MACS, 0x81, 0, 0, 7, 8, 0], ethernet],
  ['QinQ', [...MACS, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0], ethernet],
  ['MPLS of two labels', [...MACS, 0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64], ethernet],
  ['PPPoE', [...MACS, 0x88, 0x64, 0x11, 0, 0, 1, 0, 22, 0, 0x21], ethernet],
  ['PPPoE in a VLAN', [...MACS, 0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 1, 0, 21, 0x21], ethernet],
  ['SNAP', [...MACS, 0, 28, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], ethernet],
  ['raw', [], LINK_TYPE.raw],
  ['raw as BSD numbers it', [], LINK_TYPE.rawBsd],
  ['raw IPv4', [], LINK_TYPE.ipv4],
  ['null, little-endian', [2, 0, 0, 0], LINK_TYPE.null],
  ['null, big-endian', [0, 0, 0, 2], LINK_TYPE.null],
  ['null, IPv6 of Darwin', [30, 0, 0, 0], LINK_TYPE.null],
  ['loop', [0, 0, 0, 2], LINK_TYPE.loop],
  ['Linux cooked', [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], linuxCooked],
  ['Linux cooked v2', [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0], linuxCooked2],
])('IP is found behind %s', (_, header, linkType) => {
  expect(read([...header, ...IP], linkType).start).toBe(header.length);
});

test('a cooked capture says which way the packet went and by which interface', () => {
  const header = [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0];
  expect(read([...header, ...IP], linuxCooked2)).toMatchObject({
    cooked: COOKED.sent,
    interfaceIndex: 3,
    sourceMac: 12,
  });
});

test.each<[string, readonly number[]]>([
  ['ARP', [...MACS, 8, 6]],
  ['LLDP', [...MACS, 0x88, 0xcc]],
  ['STP', [...MACS, 0, 28, 0x42, 0x42, 3]],
  ['802.2 LLC', [...MACS, 0, 28, 0xe0, 0xe0, 3]],
  ['EtherType 0x22f0', [...MACS, 0x22, 0xf0]],
  ['PPPoE discovery', [...MACS, 0x88, 0x63]],
  ['PPP protocol 0xc021', [...MACS, 0x88, 0x64, 0x11, 0, 0, 1, 0, 22, 0xc0, 0x21]],
  ['MPLS that carries no IP', [...MACS, 0x88, 0x47, 0, 0, 0x11, 64, 0, 0]],
  ['frame that ends in a VLAN tag', [...MACS, 0x81, 0, 0]],
  ['frame shorter than its header', MACS],
])('%s is named', (name, bytes) => {
  expect(read(bytes, ethernet)).toMatchObject({ start: -1, notIp: name });
});

test('nothing is found outside the frame, whatever stands in it', () => {
  const types = Object.values(LINK_TYPE);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...types), (bytes, linkType) => {
      const { start, notIp } = read([...bytes], linkType);
      expect(start <= bytes.length).toBe(true);
      expect(start >= 0 || notIp !== '').toBe(true);
    }),
  );
});

test('link types have the names of libpcap', () => {
  expect(linkTypeName(105)).toBe('IEEE802_11');
  expect(linkTypeName(9999)).toBe('link type 9999');
  expect(isReadableLinkType(105)).toBe(false);
  expect(isReadableLinkType(276)).toBe(true);
});
