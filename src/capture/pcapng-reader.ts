import { type CaptureInterface, CaptureReader, DIRECTION, STEP } from './capture-reader.ts';
import type { InputWindow } from './input-window.ts';
import { BLOCK, BlockBytes, BYTE_ORDER_MAGIC, OPTION, paddedLength } from './pcapng-blocks.ts';
import { MICROSECONDS, SplitTime, type TimeScale, unitsPerSecond } from './pcapng-time.ts';

/** Type, length, and the length once more at the end. */
const BLOCK_FRAME_BYTES = 12;

/** The longest block that is read whole; longer ones that hold no packet are skipped as they come. */
const LONGEST_READ = 1024 * 1024;

/** The longest block of a kind that holds no packet that is believed at all. */
const LONGEST_SKIPPED = 256 * 1024 * 1024;

/** Types above are nobody's, but for one. */
const HIGHEST_TYPE = 0xffff;
const CUSTOM_BLOCK = 0x40000bad;

/** The longest length that is believed where blocks are looked for. */
const LONGEST_BELIEVED = 512 * 1024;

/** The most interfaces that one capture may describe. */
const MOST_INTERFACES = 65_536;

/** What the reader must know of an interface beside what others see. */
interface InterfaceClock extends TimeScale {
  readonly snapLength: number;
}

/**
 * Reads pcapng captures: sections of either byte order, each with interfaces of its own. Every block says its length at both ends; where
 * the two do not agree, the next place where they do is looked for.
 *
 * Source: draft-ietf-opsawg-pcapng.
 */
export class PcapngReader extends CaptureReader {
  readonly format = 'pcapng';
  readonly #block: BlockBytes = new BlockBytes();
  readonly #time: SplitTime = new SplitTime();
  readonly #clocks: InterfaceClock[] = [];
  /** Where the interfaces of the section begin in `interfaces`. */
  #firstInterface = 0;
  #hasPacket = false;
  /** What is wrong, from where on: the reader looks for the next block. Undefined as long as blocks follow each other. */
  #lost: { readonly what: string; readonly at: number } | undefined;

  constructor(window: InputWindow) {
    super(window);
    this.#block.bytes = window.bytes;
  }

  override async refill(): Promise<void> {
    await super.refill();
    this.#block.bytes = this.window.bytes;
  }

  /** HOT */
  next(): number {
    for (;;) {
      const step = this.#lost === undefined ? this.#readBlock() : this.#search();
      if (step === STEP.more || step === STEP.end) return step;
      if (step === STEP.packet && this.#lost === undefined && this.#hasPacket) {
        this.#hasPacket = false;
        return STEP.packet;
      }
    }
  }

  /** Reads the block at `position`. STEP.packet where there was one, of whatever type; `#hasPacket` then says whether it held a packet. HOT */
  #readBlock(): number {
    const { window } = this;
    const at = window.position;
    const left = window.limit - at;
    if (left < BLOCK_FRAME_BYTES) {
      if (left <= 0 || !window.ended) return this.#short(left, BLOCK_FRAME_BYTES);
      return this.#lose(`the capture ends within a block: ${left} bytes are left`);
    }
    const type = this.#block.u32(at);
    if (type === BLOCK.sectionHeader && !this.#takeByteOrder(at)) {
      return this.#lose('a section whose byte order cannot be told');
    }
    const length = this.#block.u32(at + 4);
    if (length > LONGEST_READ) return this.#passLongBlock(type, length);
    if (left < length) {
      if (!window.ended) return this.#short(left, length);
      return this.#lose(`the capture ends within a block: ${left} of ${length} bytes`);
    }
    if (!this.#isWhole(at, length)) return STEP.packet;
    window.position = at + length;
    this.#hasPacket = this.#takeBlock(type, at, at + length - 4);
    return STEP.packet;
  }

  /** Whether what begins at `at` can be a block of the length, and says so at its end; looks for the next one where not. HOT */
  #isWhole(at: number, length: number): boolean {
    if (length < BLOCK_FRAME_BYTES || (length & 3) !== 0) {
      this.#lose(`a block of ${length} bytes`);
      return false;
    }
    const again = this.#block.u32(at + length - 4);
    if (again === length) return true;
    this.#lose(`a block that says ${length} bytes at its start and ${again} at its end`);
    return false;
  }

  /** Takes a block from `at` up to `end`, where its second length stands; true when it holds a packet. HOT */
  #takeBlock(type: number, at: number, end: number): boolean {
    switch (type) {
      case BLOCK.enhancedPacket:
        return this.#takeEnhanced(at, end);
      case BLOCK.simplePacket:
        return this.#takeSimple(at, end);
      case BLOCK.packet:
        return this.#takeObsolete(at, end);
      case BLOCK.interfaceDescription:
        this.#takeInterface(at, end);
        return false;
      case BLOCK.sectionHeader:
        this.#firstInterface = this.interfaces.length;
        return false;
      default:
        return false;
    }
  }

  /** HOT */
  #takeEnhanced(at: number, end: number): boolean {
    const block = this.#block;
    if (end - at < 28) return this.#refuse(at, 'a packet block without its fields');
    const id = block.u32(at + 8);
    if (!this.#startPacket(at, id)) return false;
    const captured = block.u32(at + 20);
    if (!this.#setBytes(at + 28, captured, block.u32(at + 24), end)) return false;
    this.#setTime(id, block.u32(at + 12), block.u32(at + 16));
    const options = at + 28 + paddedLength(captured);
    this.direction = options + 8 <= end ? this.#directionOf(options, end) : DIRECTION.unknown;
    return true;
  }

  #takeObsolete(at: number, end: number): boolean {
    const block = this.#block;
    if (end - at < 28) return this.#refuse(at, 'a packet block without its fields');
    const id = block.u16(at + 8);
    if (!this.#startPacket(at, id)) return false;
    if (!this.#setBytes(at + 28, block.u32(at + 20), block.u32(at + 24), end)) return false;
    this.#setTime(id, block.u32(at + 12), block.u32(at + 16));
    this.direction = DIRECTION.unknown;
    return true;
  }

  /** A simple packet has no time of its own: it comes when the one before did. */
  #takeSimple(at: number, end: number): boolean {
    if (end - at < 12) return this.#refuse(at, 'a packet block without its fields');
    if (!this.#startPacket(at, 0)) return false;
    const original = this.#block.u32(at + 8);
    const snapLength = this.#clocks[this.#firstInterface]!.snapLength;
    const room = end - at - 12;
    const captured = Math.min(original, snapLength === 0 ? original : snapLength, room);
    if (captured < original && captured === room && room < snapLength) {
      this.problem(at, `a packet of ${original} bytes of which ${room} are there`);
    }
    this.direction = DIRECTION.unknown;
    return this.#setBytes(at + 12, captured, original, end);
  }

  #startPacket(at: number, id: number): boolean {
    this.frame++;
    if (this.#firstInterface + id < this.interfaces.length) {
      this.interfaceId = this.#firstInterface + id;
      return true;
    }
    return this.#refuse(at, `a packet of interface ${id}, which its section does not describe`);
  }

  #refuse(at: number, message: string): boolean {
    this.problem(at, message);
    return false;
  }

  #setBytes(at: number, captured: number, original: number, end: number): boolean {
    if (captured > end - at) {
      return this.#refuse(
        at,
        `a packet of ${captured} bytes in a block that has room for ${end - at}`,
      );
    }
    this.bytes = this.window.bytes;
    this.offset = at;
    this.capturedLength = captured;
    this.originalLength = original > captured ? original : captured;
    return true;
  }

  #setTime(id: number, high: number, low: number): void {
    this.#time.set(high, low, this.#clocks[this.#firstInterface + id]!);
    this.seconds = this.#time.seconds;
    this.nanoseconds = this.#time.nanoseconds;
  }

  #directionOf(options: number, end: number): number {
    const flags = this.#block.option(options, end, OPTION.packetFlags);
    if (flags === undefined || flags.length !== 4) return DIRECTION.unknown;
    const direction = this.#block.u32(flags.at) & 3;
    return direction === 3 ? DIRECTION.unknown : direction;
  }

  #takeInterface(at: number, end: number): void {
    const block = this.#block;
    if (end - at < 16) {
      this.problem(at, 'an interface description without its fields');
      return;
    }
    if (this.interfaces.length >= MOST_INTERFACES) {
      this.problem(at, `more than ${MOST_INTERFACES} interfaces`);
      return;
    }
    const options = at + 16;
    const name = block.option(options, end, OPTION.interfaceName);
    const mac = block.option(options, end, OPTION.interfaceMac);
    const described: CaptureInterface = {
      name: name === undefined ? undefined : this.#text(name.at, name.length),
      linkType: block.u16(at + 8),
      mac: mac?.length === 6 ? this.#macText(mac.at) : undefined,
    };
    this.interfaces.push(described);
    this.#clocks.push({ snapLength: block.u32(at + 12), ...this.#scaleOf(options, end) });
  }

  #scaleOf(options: number, end: number): TimeScale {
    const block = this.#block;
    const resolution = block.option(options, end, OPTION.timeResolution);
    const offset = block.option(options, end, OPTION.timeOffset);
    const units =
      resolution?.length === 1
        ? unitsPerSecond(block.bytes[resolution.at]!)
        : MICROSECONDS.unitsPerSecond;
    if (units > MICROSECONDS.unitsPerSecond) this.nanosecondClock = true;
    return {
      unitsPerSecond: units,
      offsetSeconds: offset?.length === 8 ? block.i64(offset.at) : 0,
    };
  }

  #text(at: number, length: number): string {
    const text = new TextDecoder().decode(this.#block.bytes.subarray(at, at + length));
    return text.replace(/\0.*$/s, '');
  }

  #macText(at: number): string {
    const pairs = Array.from(this.#block.bytes.subarray(at, at + 6), (byte) =>
      byte.toString(16).padStart(2, '0'),
    );
    return pairs.join(':');
  }

  /** Sets the byte order that a section header says; false when it says none. */
  #takeByteOrder(at: number): boolean {
    const block = this.#block;
    for (const littleEndian of [true, false]) {
      block.littleEndian = littleEndian;
      if (block.u32(at + 8) === BYTE_ORDER_MAGIC) return true;
    }
    return false;
  }

  /** Skips a block that is too long to be looked into; one that ought to hold a packet is no such thing. */
  #passLongBlock(type: number, length: number): number {
    const { window } = this;
    const isKept = type > BLOCK.enhancedPacket && (type <= HIGHEST_TYPE || type === CUSTOM_BLOCK);
    if (!isKept || (length & 3) !== 0 || length > LONGEST_SKIPPED) {
      return this.#lose(`a block of ${length} bytes`);
    }
    this.problem(window.position, `a block of type ${type} and ${length} bytes skipped`);
    window.position += length;
    return STEP.packet;
  }

  #short(left: number, wantedBytes: number): number {
    const { window } = this;
    const step = this.wait(wantedBytes);
    if (step !== STEP.end) return step;
    if (left < 0) {
      this.problem(window.limit, 'the capture ends within a block that was to be skipped');
    }
    window.position = window.limit;
    this.noteFailure();
    return STEP.end;
  }

  #lose(what: string): number {
    this.#lost = { what, at: this.window.offset };
    this.window.position++;
    return STEP.packet;
  }

  /** Goes on from `position` to where a block says the same length at both ends. */
  #search(): number {
    const { window } = this;
    const block = this.#block;
    const reach = LONGEST_BELIEVED;
    for (; window.position + BLOCK_FRAME_BYTES <= window.limit; window.position++) {
      const at = window.position;
      if (!this.#mayBegin(at)) continue;
      const length = block.u32(at + 4);
      if (at + length > window.limit) {
        if (window.ended) continue;
        return this.wait(reach);
      }
      if (block.u32(at + length - 4) !== length) continue;
      this.#found();
      return STEP.packet;
    }
    const step = this.wait(reach);
    if (step === STEP.end) {
      window.position = window.limit;
      this.#found();
      this.noteFailure();
    }
    return step;
  }

  #found(): void {
    if (this.#lost === undefined) return;
    const { what, at } = this.#lost;
    this.#lost = undefined;
    this.problemAt(at, `${what}; ${this.window.offset - at} bytes skipped`, this.frame + 1);
  }

  #mayBegin(at: number): boolean {
    const block = this.#block;
    const type = block.u32(at);
    if (type === BLOCK.sectionHeader) {
      const before = block.littleEndian;
      if (!this.#takeByteOrder(at)) {
        block.littleEndian = before;
        return false;
      }
    } else if (type === 0 || type > 0x0bad) return false;
    const length = block.u32(at + 4);
    return length >= 16 && (length & 3) === 0 && length <= LONGEST_BELIEVED;
  }
}
