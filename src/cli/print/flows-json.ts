import { renderIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL, renderProtocol } from '../../address/protocol.ts';
import type { RecordedTuple } from '../../host/connections/connection-record.ts';
import {
  CONNECTION_FATES,
  type JudgedConnection,
  type JudgedConnections,
} from '../../scenario/judge-connections.ts';
import { shellQuote } from '../shell-quote.ts';

/** The connections as `flows -o json` prints them: counts of all, and those that `shown` holds. */
export function flowsToJson(
  flows: JudgedConnections,
  shown: readonly JudgedConnection[],
): Record<string, unknown> {
  const count = (fate: JudgedConnection['fate']): number =>
    flows.judged.filter((one) => one.fate === fate).length;
  return {
    summary: {
      connections: flows.judged.length,
      ...Object.fromEntries(CONNECTION_FATES.map((fate) => [fate, count(fate)])),
      over: flows.over,
    },
    connections: shown.map(connectionToJson),
  };
}

function connectionToJson(one: JudgedConnection): Record<string, unknown> {
  const { connection, fate, decision, stopped, because, deletion } = one;
  const { original, reply, state, seenReply, assured, mark, zone, timeoutSeconds } = connection;
  return {
    fate,
    proto: renderProtocol(original.protocol),
    original: tupleToJson(original),
    reply: tupleToJson(reply),
    ...(state === undefined ? {} : { state }),
    ...{ seenReply, assured, mark },
    // One of one direction alone is told with its direction.
    zone: zone.original === zone.reply ? zone.original : { ...zone },
    ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }),
    ...(decision === undefined ? {} : { decision: { ...decision } }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(because.length === 0 ? {} : { because: [...because] }),
    ...(fate === 'established-only'
      ? { delete: { args: [...deletion], command: deletion.map(shellQuote).join(' ') } }
      : {}),
  };
}

function tupleToJson(tuple: RecordedTuple): Record<string, unknown> {
  const { protocol, source, destination, sourceKey, destinationKey } = tuple;
  const addresses = { src: renderIpAddress(source), dst: renderIpAddress(destination) };
  if (protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6) {
    const [type, code] = [destinationKey >> 8, destinationKey & 255];
    return { ...addresses, type, code, id: sourceKey };
  }
  if (sourceKey === 0 && destinationKey === 0) return addresses;
  return { ...addresses, sport: sourceKey, dport: destinationKey };
}
