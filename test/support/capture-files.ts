import { put16, put32 } from '../../src/packet/header-bytes.ts';

/** A packet record of a capture to be written. */
export interface Record {
  readonly bytes: Uint8Array;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  /** On the wire; default: as many as there are. */
  readonly originalLength?: number;
  /** pcapng: of its section's interfaces; default 0. */
  readonly interfaceId?: number;
  /** pcapng: 1 in, 2 out. */
  readonly direction?: number;
}

export interface PcapForm {
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
  readonly snapLength?: number;
}

/** When captures made here begin. */
export const EPOCH = 1_700_000_000;

/** A classic capture. */
export function pcapFile(records: readonly Record[], form: PcapForm = {}): Uint8Array {
  const little = form.littleEndian ?? true;
  const unit = form.nanoseconds === true ? 1 : 1000;
  const parts = [
    numbers(little, [
      [4, form.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4],
      [2, 2],
      [2, 4],
      [4, 0],
      [4, 0],
      [4, form.snapLength ?? 65_535],
      [4, form.linkType ?? 1],
    ]),
  ];
  for (const { bytes, seconds = EPOCH, nanoseconds = 0, originalLength } of records) {
    const fraction = Math.floor(nanoseconds / unit);
    parts.push(
      numbers(little, [
        [4, seconds],
        [4, fraction],
        [4, bytes.length],
        [4, originalLength ?? bytes.length],
      ]),
      bytes,
    );
  }
  return concatenate(parts);
}

export interface PcapngInterface {
  readonly linkType?: number;
  readonly name?: string;
  /** The value of if_tsresol; default: no option, microseconds. */
  readonly resolution?: number;
  readonly offsetSeconds?: number;
}

/** Unsigned and in the byte order of its section. */
export type Field = readonly [lengthBytes: 2 | 4, value: number];

/** A section of a pcapng capture: its header, its interfaces, its packets. */
export function pcapngSection(
  interfaces: readonly PcapngInterface[],
  records: readonly Record[],
  littleEndian = true,
): Uint8Array {
  const little = littleEndian;
  const parts = [
    block(
      little,
      0x0a0d0d0a,
      numbers(little, [
        [4, 0x1a2b3c4d],
        [2, 1],
        [2, 0],
        [4, 0xffffffff],
        [4, 0xffffffff],
      ]),
    ),
    ...interfaces.map((one) => interfaceBlock(little, one)),
    ...records.map((record) => packetBlock(little, record, interfaces)),
  ];
  return concatenate(parts);
}

function interfaceBlock(
  little: boolean,
  { linkType = 1, name, resolution, offsetSeconds }: PcapngInterface,
): Uint8Array {
  const parts = [
    numbers(little, [
      [2, linkType],
      [2, 0],
      [4, 0],
    ]),
  ];
  if (name !== undefined) parts.push(option(little, 2, new TextEncoder().encode(name)));
  if (resolution !== undefined) parts.push(option(little, 9, Uint8Array.of(resolution)));
  if (offsetSeconds !== undefined) {
    const high = offsetSeconds < 0 ? 0xffffffff : 0;
    const words: Field[] = little
      ? [
          [4, offsetSeconds >>> 0],
          [4, high],
        ]
      : [
          [4, high],
          [4, offsetSeconds >>> 0],
        ];
    parts.push(option(little, 14, numbers(little, words)));
  }
  parts.push(option(little, 0, new Uint8Array(0)));
  return block(little, 1, concatenate(parts));
}

function packetBlock(
  little: boolean,
  record: Record,
  interfaces: readonly PcapngInterface[],
): Uint8Array {
  const { bytes, seconds = EPOCH, nanoseconds = 0, originalLength, interfaceId = 0 } = record;
  const { resolution = 6, offsetSeconds = 0 } = interfaces[interfaceId] ?? {};
  const perSecond = resolution < 128 ? 10n ** BigInt(resolution) : 2n ** BigInt(resolution & 127);
  const count =
    BigInt(seconds - offsetSeconds) * perSecond +
    (BigInt(nanoseconds) * perSecond) / 1_000_000_000n;
  const parts = [
    numbers(little, [
      [4, interfaceId],
      [4, Number(count >> 32n)],
      [4, Number(count & 0xffffffffn)],
      [4, bytes.length],
      [4, originalLength ?? bytes.length],
    ]),
    padded(bytes),
  ];
  if (record.direction !== undefined) {
    parts.push(option(little, 2, numbers(little, [[4, record.direction]])));
    parts.push(option(little, 0, new Uint8Array(0)));
  }
  return block(little, 6, concatenate(parts));
}

/** One pcapng block. */
export function block(little: boolean, type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length;
  return concatenate([
    numbers(little, [
      [4, type],
      [4, length],
    ]),
    body,
    numbers(little, [[4, length]]),
  ]);
}

function option(little: boolean, code: number, value: Uint8Array): Uint8Array {
  const head = numbers(little, [
    [2, code],
    [2, value.length],
  ]);
  return concatenate([head, padded(value)]);
}

/** Numbers one after the other. */
export function numbers(little: boolean, fields: readonly Field[]): Uint8Array {
  return concatenate(
    fields.map(([length, value]) => {
      const bytes = new Uint8Array(length);
      if (length === 2) put16(bytes, 0, value);
      else put32(bytes, 0, value);
      return little ? bytes.reverse() : bytes;
    }),
  );
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((bytes.length + 3) & ~3);
  whole.set(bytes);
  return whole;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
