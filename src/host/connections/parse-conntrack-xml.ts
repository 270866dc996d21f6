import { SaxesParser } from 'saxes';
import type { AddressCache } from './address-cache.ts';
import type { ConnectionRecord } from './connection-record.ts';
import { buildRecord, RecordWords, type TupleWords } from './record-builder.ts';

/** What a reading of conntrack's XML hands on, flow by flow. */
export interface XmlReceiver {
  readonly record: (record: ConnectionRecord | string, line: number) => void;
  /** The text is not well-formed; reading ends. */
  readonly broken: (message: string, line: number, column: number) => void;
}

/** Reads what `conntrack -L -o xml` prints. Lines count from 1. */
export function parseConntrackXml(
  text: string,
  addresses: AddressCache,
  receiver: XmlReceiver,
): void {
  const parser = new SaxesParser();
  const flow = new FlowReader(addresses);
  let isBroken = false;
  parser.on('opentag', ({ name, attributes }) => flow.open(name, attributes, parser.line));
  parser.on('text', (piece) => flow.text(piece));
  parser.on('closetag', ({ name }) => {
    const done = flow.close(name);
    if (done !== undefined && !isBroken) receiver.record(done.record, done.line);
  });
  parser.on('error', (error) => {
    if (isBroken) return;
    isBroken = true;
    // The parser puts the place in front of its words.
    receiver.broken(error.message.replace(/^\d+:\d+: /, ''), parser.line, parser.column + 1);
  });
  parser.write(text).close();
}

class FlowReader {
  readonly #addresses: AddressCache;
  #words: RecordWords = new RecordWords();
  #tuple: TupleWords | undefined;
  #line = 0;
  #text = '';

  constructor(addresses: AddressCache) {
    this.#addresses = addresses;
  }

  open(name: string, attributes: Readonly<Record<string, string>>, line: number): void {
    this.#text = '';
    if (name === 'flow') {
      this.#words = new RecordWords();
      this.#line = line;
    } else if (name === 'meta') {
      const { direction } = attributes;
      if (direction === 'original') this.#tuple = this.#words.original;
      else this.#tuple = direction === 'reply' ? this.#words.reply : undefined;
    } else if (name === 'layer4' && attributes.protonum !== undefined) {
      this.#words.protocol = Number(attributes.protonum);
    }
  }

  text(piece: string): void {
    this.#text += piece;
  }

  /** The flow, when it is the one that ends. */
  close(name: string): { record: ConnectionRecord | string; line: number } | undefined {
    const text = this.#text.trim();
    this.#text = '';
    if (name === 'flow') return { record: buildRecord(this.#words, this.#line), line: this.#line };
    if (this.#tuple === undefined) takeFact(this.#words, name, text);
    else takePart(this.#tuple, name, text, this.#addresses);
    return undefined;
  }
}

function takePart(tuple: TupleWords, name: string, text: string, addresses: AddressCache): void {
  if (name === 'src') tuple.source = addresses.parse(text);
  else if (name === 'dst') tuple.destination = addresses.parse(text);
  else if (name === 'sport') tuple.sourcePort = Number(text);
  else if (name === 'dport') tuple.destinationPort = Number(text);
  else if (name === 'type') tuple.icmpType = Number(text);
  else if (name === 'code') tuple.icmpCode = Number(text);
  else if (name === 'id') tuple.icmpId = Number(text);
  else if (name === 'srckey') tuple.sourceKey = Number(text);
  else if (name === 'dstkey') tuple.destinationKey = Number(text);
}

function takeFact(words: RecordWords, name: string, text: string): void {
  if (name === 'state') words.state = text;
  else if (name === 'timeout') words.timeoutSeconds = Number(text);
  else if (name === 'mark') words.mark = Number(text);
  else if (name === 'zone') words.zone = Number(text);
  else if (name === 'unreplied') words.unreplied = true;
  else if (name === 'assured') words.assured = true;
  else if (name === 'offload' || name === 'hw_offload') words.offloaded = true;
}
