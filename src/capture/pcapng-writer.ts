import { closeSync, openSync, writeSync } from 'node:fs';
import { BLOCK, BYTE_ORDER_MAGIC, OPTION, paddedLength } from './pcapng-blocks.ts';

/** What is gathered before it is written. */
const BUFFER_BYTES = 1024 * 1024;

/** Timestamps are nanoseconds. */
const RESOLUTION = 9;

const NANOSECONDS = 1_000_000_000n;

/** A packet to be written. */
export interface WrittenPacket {
  /** As `addInterface` numbered it. */
  readonly interfaceId: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly comment: string;
}

/** Writes a pcapng capture of one section. Source: draft-ietf-opsawg-pcapng. */
export class PcapngWriter {
  readonly #descriptor: number;
  readonly #encoder = new TextEncoder();
  #buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);
  #view: DataView = new DataView(this.#buffer.buffer);
  #length = 0;
  #interfaces = 0;

  /** Creates the file, or empties it. @throws Error of the system. */
  constructor(path: string, application: string) {
    this.#descriptor = openSync(path, 'w');
    const name = this.#encoder.encode(application);
    const body = 16 + 4 + paddedLength(name.length) + 4;
    this.#begin(BLOCK.sectionHeader, body);
    this.#u32(BYTE_ORDER_MAGIC);
    this.#u16(1);
    this.#u16(0);
    this.#u32(0xffffffff);
    this.#u32(0xffffffff);
    // Code 4 names the program that wrote the section.
    this.#option(4, name);
    this.#option(OPTION.end, new Uint8Array(0));
    this.#end(body);
  }

  /** Describes an interface and returns its number. */
  addInterface(linkType: number, name: string | undefined): number {
    const text = name === undefined ? undefined : this.#encoder.encode(name);
    const body = 8 + (text === undefined ? 0 : 4 + paddedLength(text.length)) + 8 + 4;
    this.#begin(BLOCK.interfaceDescription, body);
    this.#u16(linkType);
    this.#u16(0);
    this.#u32(0);
    if (text !== undefined) this.#option(OPTION.interfaceName, text);
    this.#option(OPTION.timeResolution, Uint8Array.of(RESOLUTION));
    this.#option(OPTION.end, new Uint8Array(0));
    this.#end(body);
    return this.#interfaces++;
  }

  addPacket(packet: WrittenPacket): void {
    const { bytes, comment, originalLength } = packet;
    const text = this.#encoder.encode(comment).subarray(0, 0xffff);
    const body = 20 + paddedLength(bytes.length) + 4 + paddedLength(text.length) + 4;
    this.#begin(BLOCK.enhancedPacket, body);
    this.#u32(packet.interfaceId);
    const time = BigInt(packet.seconds) * NANOSECONDS + BigInt(packet.nanoseconds);
    this.#u32(Number((time >> 32n) & 0xffffffffn));
    this.#u32(Number(time & 0xffffffffn));
    this.#u32(bytes.length);
    this.#u32(originalLength);
    this.#bytes(bytes);
    this.#option(OPTION.comment, text);
    this.#option(OPTION.end, new Uint8Array(0));
    this.#end(body);
  }

  /** Writes what is left. @throws Error of the system. */
  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #begin(type: number, bodyBytes: number): void {
    const length = 12 + bodyBytes;
    if (this.#length + length > this.#buffer.length) this.#flush();
    if (length > this.#buffer.length) {
      this.#buffer = new Uint8Array(length);
      this.#view = new DataView(this.#buffer.buffer);
    }
    this.#u32(type);
    this.#u32(length);
  }

  #end(bodyBytes: number): void {
    this.#u32(12 + bodyBytes);
  }

  #option(code: number, value: Uint8Array): void {
    this.#u16(code);
    this.#u16(value.length);
    this.#bytes(value);
  }

  #bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#length);
    const padded = paddedLength(bytes.length);
    this.#buffer.fill(0, this.#length + bytes.length, this.#length + padded);
    this.#length += padded;
  }

  #u16(value: number): void {
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #flush(): void {
    let from = 0;
    while (from < this.#length) {
      from += writeSync(this.#descriptor, this.#buffer, from, this.#length - from);
    }
    this.#length = 0;
  }
}
