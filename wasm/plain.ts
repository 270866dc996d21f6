import { readDatagram } from './datagram.ts';
import { countPacket, fetchFlows, judgePackets, openConnection } from './flows.ts';
import { readRecords } from './lane.ts';
import { takeSegment } from './segments.ts';

export {
  countPacket,
  fetchFlows,
  judgePackets,
  openConnection,
  readDatagram,
  readRecords,
  takeSegment,
};
