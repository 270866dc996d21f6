import { type Packet, TCP_FLAG } from '../../packet/packet.ts';
import { TCP_KIND, TCP_STATE } from '../conntrack/tcp-state.ts';
import {
  KIND_SHIFT,
  LAST,
  SCALE_SHIFT,
  SIDE,
  SIDE_BIT,
  SIDE_WORDS,
} from '../conntrack/tcp-words.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';

/** The flags that tell the first segment of a connection, a SYN, from others. */
export const BEGINNING: number = TCP_FLAG.S | TCP_FLAG.A | TCP_FLAG.F | TCP_FLAG.R;

/**
 * Begins a connection at `tcp`, whose words are written, with a SYN whose numbers are known; for how many milliseconds it lives then. -1: the packet is
 * something else, and nothing has changed.
 *
 * INVARIANT: the same as `trackTcp` does on a TcpTracking. HOT
 */
export function openTcp(
  { tcpFlags, tcpSequence, wire }: Packet,
  words: Int32Array,
  tcp: number,
  settings: ConntrackSettings,
): number {
  const facts = wire?.tcp;
  if ((tcpFlags & BEGINNING) !== TCP_FLAG.S || facts === undefined || tcpSequence === undefined) {
    return -1;
  }
  const { window, windowScale } = facts;
  const reply = tcp + SIDE_WORDS;
  const end = 1 + facts.payloadBytes;
  words[tcp + SIDE.base] = tcpSequence;
  words[tcp + SIDE.end] = end;
  words[tcp + SIDE.maxEnd] = end;
  words[tcp + SIDE.maxWindow] = window === 0 ? 1 : window;
  words[tcp + SIDE.maxAck] = 0;
  words[tcp + SIDE.bits] =
    SIDE_BIT.anchored |
    (windowScale < 0 ? 0 : SIDE_BIT.hasScale | (windowScale << SCALE_SHIFT)) |
    (facts.sackPermitted ? SIDE_BIT.sackPermitted : 0);
  words[reply + SIDE.base] = 0;
  words[reply + SIDE.end] = 0;
  // What the first window lets the other side send.
  words[reply + SIDE.maxEnd] = window === 0 ? 1 : window;
  words[reply + SIDE.maxWindow] = 0;
  words[reply + SIDE.maxAck] = 0;
  words[reply + SIDE.bits] = 0;
  words[tcp + LAST.sequence] = 0;
  words[tcp + LAST.acknowledgement] = 0;
  words[tcp + LAST.end] = 0;
  words[tcp + LAST.bits] = TCP_KIND.syn << KIND_SHIFT;
  // As `timeoutOf` has it where nothing came again, and no window was noted.
  const usual = settings.tcpMs[TCP_STATE.SYN_SENT]!;
  return usual > settings.tcpMaxRetransMs ? settings.tcpMaxRetransMs : usual;
}
