import { readDatagram } from './datagram.ts';
import { countPacket, fetchFlows, judgePackets, openConnection } from './flows.ts';
import { readRecords } from './lane.ts';
import { takeSegment } from './segments.ts';
import { beginWay, find } from './ways.ts';

export {
  beginWay,
  countPacket,
  fetchFlows,
  find,
  judgePackets,
  openConnection,
  readDatagram,
  readRecords,
  takeSegment,
};
