import { readDatagram } from './datagram.ts';
import { fetchFlows, judgePackets } from './flows.ts';
import { readRecords } from './lane.ts';
import { takeSegment } from './segments.ts';

export { fetchFlows, judgePackets, readDatagram, readRecords, takeSegment };
