import type { Mutation } from './mutation.ts';

const TRACKER = 'src/simulate/conntrack/connection-tracker.ts';
const TCP_STATES = 'src/simulate/conntrack/tcp-state.ts';
const NAT = 'src/simulate/conntrack/nat.ts';
const NAT_STAGE = 'src/simulate/nat-stage.ts';

/** Faults in connection tracking and translation. */
export const TRACKING_MUTATIONS: readonly Mutation[] = [
  {
    name: 'syn-ack-unknown-to-syn-sent',
    file: TCP_STATES,
    find: `SYN_SENT: ['SYN_SENT2', 'SYN_RECV', `,
    replace: `SYN_SENT: ['SYN_SENT2', 'invalid', `,
    fault: 'the answer to a SYN is INVALID',
  },
  {
    name: 'picked-up-flows-invalid',
    file: TCP_STATES,
    find: `NONE: ['SYN_SENT', 'invalid', 'invalid', 'ESTABLISHED', 'invalid']`,
    replace: `NONE: ['SYN_SENT', 'invalid', 'invalid', 'invalid', 'invalid']`,
    fault: 'a connection cannot be picked up in its middle',
  },
  {
    name: 'syn-in-established-invalid',
    file: TCP_STATES,
    find: `ESTABLISHED: ['ignore', 'invalid', 'FIN_WAIT',`,
    replace: `ESTABLISHED: ['invalid', 'invalid', 'FIN_WAIT',`,
    fault: 'another SYN of an open connection is INVALID',
  },
  {
    name: 'closed-connection-not-reopened',
    file: TCP_STATES,
    find: `CLOSE: ['SYN_SENT', 'invalid', 'CLOSE', 'CLOSE', 'CLOSE']`,
    replace: `CLOSE: ['ignore', 'invalid', 'CLOSE', 'CLOSE', 'CLOSE']`,
    fault: 'a SYN after a RST does not open a new connection',
  },
  {
    name: 'rst-ack-unsound',
    file: TCP_STATES,
    find: `R, R | A, F | A,`,
    replace: `R, F | A,`,
    fault: 'RST with ACK is no sound combination of flags',
  },
  {
    name: 'no-tcp-window',
    file: 'src/simulate/conntrack/tcp.ts',
    find: `judgeWindow(entry, tracking, segment, settings.tcpBeLiberal)`,
    replace: `judgeWindow(entry, tracking, segment, true)`,
    fault: 'segments outside the window belong to their connection',
  },
  {
    name: 'reply-does-not-establish',
    file: TRACKER,
    find: `isReply || entry.seenReply ? 'established' : 'new'`,
    replace: `isReply ? 'established' : 'new'`,
    fault: 'after an answer the sender of a flow is still NEW',
  },
  {
    name: 'answers-stay-new',
    file: TRACKER,
    find: `if (isReply) entry.seenReply = true;`,
    replace: ``,
    fault: 'a flow never learns that it was answered',
  },
  {
    name: 'error-about-other-receivers-flow',
    file: TRACKER,
    find: `    if (!sameIpAddress(packet.destination, node.tuple.destination)) return invalid(packet);
`,
    replace: ``,
    fault: 'an ICMP error is RELATED whoever it is sent to',
  },
  {
    name: 'error-turned-round',
    file: TRACKER,
    find: `packet.isReply = node.isReply;`,
    replace: `packet.isReply = !node.isReply;`,
    fault: 'an ICMP error is translated as if it came from the other end',
  },
  {
    name: 'udplite-checksum-not-misjudged',
    file: TRACKER,
    find: `protocol === IP_PROTOCOL.udplite && inInterface !== '' && this.settings.checksum`,
    replace: `protocol === IP_PROTOCOL.udplite && inInterface === '' && this.settings.checksum`,
    fault: 'arriving UDP-Lite is tracked, sent one is INVALID',
  },
  {
    name: 'nat-asked-for-every-new-packet',
    file: TRACKER,
    find: `isFirstOf(packet, entry) && !entry.destinationNatDone;`,
    replace: `packet.state === 'new';`,
    fault: 'the nat chain, not the connection, translates further packets of an unanswered flow',
  },
  {
    name: 'nat-for-the-first-packet-only',
    file: NAT_STAGE,
    find: `if (side === 'destination') tracker.applyDestination(packet);`,
    replace: `if (side === 'destination') return 'kept';`,
    fault: 'only the first packet of a connection gets the translated destination',
  },
  {
    name: 'masquerade-bound-to-no-interface',
    file: NAT_STAGE,
    find: `else if (hook === 'postrouting' && tracker.endsMasquerade(packet)) return 'elsewhere';
`,
    replace: ``,
    fault: 'a masqueraded connection goes on by whatever interface',
  },
  {
    name: 'reply-source-not-restored',
    file: NAT,
    find: `packet.isReply ? entry.destinationNat : entry.sourceNat`,
    replace: `!packet.isReply && entry.sourceNat`,
    fault: 'answers of a translated destination come from its true address',
  },
  {
    name: 'reply-destination-not-restored',
    file: NAT,
    find: `packet.isReply ? entry.sourceNat : entry.destinationNat`,
    replace: `!packet.isReply && entry.destinationNat`,
    fault: 'answers to a masqueraded source stay at the host',
  },
  {
    name: 'dnat-keeps-the-port',
    file: NAT,
    find: `  if (port !== undefined) return port;
  return ports === undefined ?`,
    replace: `  return ports === undefined ?`,
    fault: 'DNAT to an address and a port changes the address only',
  },
  {
    name: 'redirects-past-nat',
    file: NAT_STAGE,
    find: `return connection.destinationNat || connection.sourceNat;`,
    replace: `return false;`,
    fault: 'an ICMP redirect about a translated connection passes',
  },
];
