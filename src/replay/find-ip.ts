import type { LinkLayer } from '../capture/link-layer.ts';
import { isReadableLinkType, linkTypeName } from '../capture/link-type.ts';
import type { PacketRecord } from '../capture/record-batch.ts';
import { countReason, type Tally } from './tally.ts';

/** Bytes of the IP header without which nobody can say where a packet goes. */
const NEEDED_HEADER = { 4: 20, 6: 40 } as const;

/** Where IP begins in the packet, whose link layer is read; -1 when it has none that the host would take, which is counted. HOT */
export function findIp(record: PacketRecord, link: LinkLayer, tally: Tally): number {
  const { linkType } = record.interfaces[record.interfaceId]!;
  if (!isReadableLinkType(linkType)) {
    countReason(tally.ignored, `link type ${linkTypeName(linkType)}`);
    return -1;
  }
  const end = record.offset + record.capturedLength;
  link.read(record.bytes, record.offset, end, linkType);
  const { start } = link;
  if (start < 0) {
    const cut = record.capturedLength < record.originalLength;
    countReason(tally.ignored, cut ? `${link.notIp} (cut by the capture)` : link.notIp);
    return -1;
  }
  const version = end > start ? record.bytes[start]! >>> 4 : 0;
  if (version !== 4 && version !== 6) {
    countReason(tally.ignored, end > start ? `IP version ${version}` : 'no IP header');
    return -1;
  }
  if (end - start < NEEDED_HEADER[version]) {
    countReason(tally.unattributed, 'no whole IP header was captured');
    return -1;
  }
  return start;
}
