import { readDatagram } from './datagram.ts';
import { fetchFlows, judgePackets, openConnection } from './flows.ts';
import { readRecords } from './lane.ts';
import { takeSegment } from './segments.ts';

export { fetchFlows, judgePackets, openConnection, readDatagram, readRecords, takeSegment };
