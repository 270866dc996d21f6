import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { AddressCache } from './address-cache.ts';
import type { ConnectionRecord } from './connection-record.ts';
import { buildRecord, RecordWords, type TupleWords } from './record-builder.ts';
import { wholeNumber, wholeNumberAt } from './whole-number.ts';
import { scanXml, type XmlTag } from './xml-scanner.ts';

/** What a reading of conntrack's XML hands on, flow by flow. */
export interface XmlReceiver {
  readonly record: (record: ConnectionRecord | string, line: number) => void;
  /** The text is none that conntrack prints; reading ends. */
  readonly broken: (message: string, line: number, column: number) => void;
}

/** Reads what `conntrack -L -o xml` prints. Lines count from 1. */
export function parseConntrackXml(
  text: string,
  addresses: AddressCache,
  receiver: XmlReceiver,
): void {
  const plain = text.replace(/^\ufeff/, '');
  const bytes = new TextEncoder().encode(plain);
  const foreign = bytes.length === plain.length ? -1 : plain.search(NOT_ASCII);
  if (foreign >= 0) {
    const before = plain.slice(0, foreign).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    receiver.broken('conntrack prints nothing beyond ASCII', before.length, column);
    return;
  }
  const flow = new FlowReader(plain, addresses, receiver);
  scanXml(bytes, {
    open: (tag, line) => flow.open(tag, line),
    close: (name, start, end) => flow.close(name, start, end),
    broken: receiver.broken,
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const NOT_ASCII = /[^\u0000-\u007f]/;

class FlowReader {
  readonly #text: string;
  readonly #addresses: AddressCache;
  readonly #receiver: XmlReceiver;
  #words: RecordWords = new RecordWords();
  /** The direction that is being read; undefined for what is of the whole flow. */
  #tuple: TupleWords | undefined;
  #line = 0;

  constructor(text: string, addresses: AddressCache, receiver: XmlReceiver) {
    this.#text = text;
    this.#addresses = addresses;
    this.#receiver = receiver;
  }

  open({ name, direction, protonum }: XmlTag, line: number): void {
    if (name === 'flow') {
      this.#words = new RecordWords();
      this.#tuple = undefined;
      this.#line = line;
    } else if (name === 'meta') {
      if (direction === 'original') this.#tuple = this.#words.original;
      else this.#tuple = direction === 'reply' ? this.#words.reply : undefined;
    } else if (name === 'layer4') this.#words.protocol = wholeNumber(protonum);
  }

  close(name: string, start: number, end: number): void {
    if (name === 'flow') {
      if (this.#words.protocol === IP_PROTOCOL.sctp) renameSctpState(this.#words);
      this.#receiver.record(buildRecord(this.#words, this.#line), this.#line);
    } else if (this.#tuple === undefined) this.#takeFact(name, start, end);
    else this.#takePart(this.#tuple, name, start, end);
  }

  #takePart(tuple: TupleWords, name: string, start: number, end: number): void {
    const text = this.#text;
    switch (name) {
      case 'src':
        tuple.source = this.#addresses.parse(text, start, end);
        return;
      case 'dst':
        tuple.destination = this.#addresses.parse(text, start, end);
        return;
      case 'sport':
        tuple.sourcePort = wholeNumberAt(text, start, end);
        return;
      case 'dport':
        tuple.destinationPort = wholeNumberAt(text, start, end);
        return;
      case 'type':
        tuple.icmpType = wholeNumberAt(text, start, end);
        return;
      case 'code':
        tuple.icmpCode = wholeNumberAt(text, start, end);
        return;
      case 'id':
        tuple.icmpId = wholeNumberAt(text, start, end);
        return;
      case 'srckey':
        tuple.sourceKey = Number(text.slice(start, end));
        return;
      case 'dstkey':
        tuple.destinationKey = Number(text.slice(start, end));
        return;
      case 'zone':
        if (tuple === this.#words.original) {
          this.#words.originalZone = wholeNumberAt(text, start, end);
        } else this.#words.replyZone = wholeNumberAt(text, start, end);
        return;
      default:
    }
  }

  #takeFact(name: string, start: number, end: number): void {
    const words = this.#words;
    const text = this.#text;
    switch (name) {
      case 'state':
        words.state = text.slice(start, end);
        return;
      case 'timeout':
        words.timeoutSeconds = wholeNumberAt(text, start, end);
        return;
      case 'mark':
        words.mark = wholeNumberAt(text, start, end);
        return;
      case 'zone':
        words.zone = wholeNumberAt(text, start, end);
        return;
      case 'helper':
        words.helper = text.slice(start, end);
        return;
      case 'unreplied':
        words.unreplied = true;
        return;
      case 'assured':
        words.assured = true;
        return;
      case 'offload':
      case 'hw_offload':
        words.offloaded = true;
        return;
      default:
    }
  }
}

/** What conntrack's XML prints for states of SCTP: the names of TCP's states of the same numbers. Source: conntrack 1.4.7, libnetfilter_conntrack 1.0.9, tried. */
const SCTP_STATES_AS_PRINTED: Readonly<Record<string, string>> = {
  SYN_SENT: 'CLOSED',
  SYN_RECV: 'COOKIE_WAIT',
  FIN_WAIT: 'ESTABLISHED',
  CLOSE_WAIT: 'SHUTDOWN_SENT',
  LAST_ACK: 'SHUTDOWN_RECD',
  TIME_WAIT: 'SHUTDOWN_ACK_SENT',
  CLOSE: 'HEARTBEAT_SENT',
};

function renameSctpState(words: RecordWords): void {
  if (words.state === 'ESTABLISHED') {
    words.doubt =
      'XML prints ESTABLISHED for an SCTP connection whose cookie is on its way (use -o extended)';
  } else words.state = SCTP_STATES_AS_PRINTED[words.state ?? ''] ?? words.state;
}
