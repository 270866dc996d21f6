import { TCP_KIND } from './tcp-state.ts';
import {
  BELOW_RETRANSMISSIONS,
  KIND_BITS,
  KIND_SHIFT,
  LAST,
  LAST_BIT,
  LAST_SCALE_SHIFT,
  MOST_RETRANSMISSIONS,
  RETRANSMISSIONS_SHIFT,
  SCALE_BITS,
  SCALE_SHIFT,
  SIDE,
  SIDE_BIT,
  SIDE_WORDS,
  TCP_WORDS,
  WINDOW_BITS,
} from './tcp-words.ts';

/**
 * What is known of the numbers that one side sends. Numbers are signed 32-bit and relative: `base` is what to add for the
 * number on the wire, once a packet has said one (`anchored`).
 */
export class TcpSide {
  #words: Int32Array;
  /** Of the side's first word. */
  #at: number;
  readonly #first: number;

  constructor(words: Int32Array, number: 0 | 1) {
    this.#words = words;
    this.#first = number * SIDE_WORDS;
    this.#at = this.#first;
  }

  /** Stands for the side of the connection at another place from now on. HOT */
  moveTo(words: Int32Array, at: number): void {
    this.#words = words;
    this.#at = at + this.#first;
  }

  get base(): number {
    return this.#words[this.#at + SIDE.base]!;
  }

  set base(value: number) {
    this.#words[this.#at + SIDE.base] = value;
  }

  /** One past the last byte that was sent. */
  get end(): number {
    return this.#words[this.#at + SIDE.end]!;
  }

  set end(value: number) {
    this.#words[this.#at + SIDE.end] = value;
  }

  /** One past the last byte that the other side has room for. */
  get maxEnd(): number {
    return this.#words[this.#at + SIDE.maxEnd]!;
  }

  set maxEnd(value: number) {
    this.#words[this.#at + SIDE.maxEnd] = value;
  }

  /** The largest window that this side has offered, unsigned; 0 as long as it has sent nothing. */
  get maxWindow(): number {
    return this.#words[this.#at + SIDE.maxWindow]! >>> 0;
  }

  set maxWindow(value: number) {
    this.#words[this.#at + SIDE.maxWindow] = value;
  }

  /** The highest acknowledgement that this side has sent, in the other side's numbers. */
  get maxAck(): number {
    return this.#words[this.#at + SIDE.maxAck]!;
  }

  set maxAck(value: number) {
    this.#words[this.#at + SIDE.maxAck] = value;
  }

  get anchored(): boolean {
    return this.#has(SIDE_BIT.anchored);
  }

  set anchored(value: boolean) {
    this.#set(SIDE_BIT.anchored, value);
  }

  get hasAcknowledged(): boolean {
    return this.#has(SIDE_BIT.hasAcknowledged);
  }

  set hasAcknowledged(value: boolean) {
    this.#set(SIDE_BIT.hasAcknowledged, value);
  }

  /** Data of this side waits for its acknowledgement. */
  get unacknowledged(): boolean {
    return this.#has(SIDE_BIT.unacknowledged);
  }

  set unacknowledged(value: boolean) {
    this.#set(SIDE_BIT.unacknowledged, value);
  }

  /** Picked up in the middle: its window cannot be judged. */
  get liberal(): boolean {
    return this.#has(SIDE_BIT.liberal);
  }

  set liberal(value: boolean) {
    this.#set(SIDE_BIT.liberal, value);
  }

  /** Whether its SYN offered to shift windows. */
  get hasScale(): boolean {
    return this.#has(SIDE_BIT.hasScale);
  }

  set hasScale(value: boolean) {
    this.#set(SIDE_BIT.hasScale, value);
  }

  /** It takes selective acknowledgements. */
  get sackPermitted(): boolean {
    return this.#has(SIDE_BIT.sackPermitted);
  }

  set sackPermitted(value: boolean) {
    this.#set(SIDE_BIT.sackPermitted, value);
  }

  /** It sent the first FIN. */
  get startedClosing(): boolean {
    return this.#has(SIDE_BIT.startedClosing);
  }

  set startedClosing(value: boolean) {
    this.#set(SIDE_BIT.startedClosing, value);
  }

  /** By how many bits its windows are shifted, up to 14. */
  get scale(): number {
    return (this.#words[this.#at + SIDE.bits]! >>> SCALE_SHIFT) & SCALE_BITS;
  }

  set scale(value: number) {
    const others = this.#words[this.#at + SIDE.bits]! & ~(SCALE_BITS << SCALE_SHIFT);
    this.#words[this.#at + SIDE.bits] = others | ((value & SCALE_BITS) << SCALE_SHIFT);
  }

  /** Forgets what was sent, for a side that starts anew. */
  reset(): void {
    const words = this.#words;
    const at = this.#at;
    words[at + SIDE.end] = 0;
    words[at + SIDE.maxEnd] = 0;
    words[at + SIDE.maxWindow] = 0;
    words[at + SIDE.maxAck] = 0;
    words[at + SIDE.bits]! &= SIDE_BIT.anchored | ~BELOW_RETRANSMISSIONS;
  }

  /** HOT */
  #has(bit: number): boolean {
    return (this.#words[this.#at + SIDE.bits]! & bit) !== 0;
  }

  /** HOT */
  #set(bit: number, value: boolean): void {
    if (value) this.#words[this.#at + SIDE.bits]! |= bit;
    else this.#words[this.#at + SIDE.bits]! &= ~bit;
  }
}

/**
 * What a TCP connection remembers beside its state, as `TCP_WORDS` words in an array: of its own, or of many connections, among which it is
 * moved from one to the next. All words are 0 where nothing is known but the kind of the last packet, which is `none`.
 */
export class TcpTracking {
  readonly original: TcpSide;
  readonly reply: TcpSide;
  #words: Int32Array = new Int32Array(TCP_WORDS);
  #at = 0;

  constructor() {
    this.original = new TcpSide(this.#words, 0);
    this.reply = new TcpSide(this.#words, 1);
    this.lastKind = TCP_KIND.none;
  }

  /** Stands for the connection at another place from now on. HOT */
  moveTo(words: Int32Array, at: number): void {
    this.#words = words;
    this.#at = at;
    this.original.moveTo(words, at);
    this.reply.moveTo(words, at);
  }

  /** Of the last packet that was taken or let through: its TCP_KIND, whether it was a reply, and its numbers. */
  get lastKind(): number {
    return (this.#words[this.#at + LAST.bits]! >>> KIND_SHIFT) & KIND_BITS;
  }

  set lastKind(value: number) {
    const others = this.#words[this.#at + LAST.bits]! & ~(KIND_BITS << KIND_SHIFT);
    this.#words[this.#at + LAST.bits] = others | (value << KIND_SHIFT);
  }

  get lastSequence(): number {
    return this.#words[this.#at + LAST.sequence]!;
  }

  set lastSequence(value: number) {
    this.#words[this.#at + LAST.sequence] = value;
  }

  get lastAcknowledgement(): number {
    return this.#words[this.#at + LAST.acknowledgement]!;
  }

  set lastAcknowledgement(value: number) {
    this.#words[this.#at + LAST.acknowledgement] = value;
  }

  get lastEnd(): number {
    return this.#words[this.#at + LAST.end]!;
  }

  set lastEnd(value: number) {
    this.#words[this.#at + LAST.end] = value;
  }

  get lastWindow(): number {
    return this.#words[this.#at + LAST.bits]! & WINDOW_BITS;
  }

  set lastWindow(value: number) {
    const others = this.#words[this.#at + LAST.bits]! & ~WINDOW_BITS;
    this.#words[this.#at + LAST.bits] = others | (value & WINDOW_BITS);
  }

  /** How often the last ACK came again without any change. */
  get retransmissions(): number {
    return this.#words[this.#at + SIDE.bits]! >>> RETRANSMISSIONS_SHIFT;
  }

  set retransmissions(value: number) {
    const counted = value < MOST_RETRANSMISSIONS ? value : MOST_RETRANSMISSIONS;
    const others = this.#words[this.#at + SIDE.bits]! & BELOW_RETRANSMISSIONS;
    this.#words[this.#at + SIDE.bits] = others | (counted << RETRANSMISSIONS_SHIFT);
  }

  /** What a SYN that was let through offered. */
  get lastScale(): number {
    return (this.#words[this.#at + LAST.bits]! >>> LAST_SCALE_SHIFT) & SCALE_BITS;
  }

  set lastScale(value: number) {
    const others = this.#words[this.#at + LAST.bits]! & ~(SCALE_BITS << LAST_SCALE_SHIFT);
    this.#words[this.#at + LAST.bits] = others | ((value & SCALE_BITS) << LAST_SCALE_SHIFT);
  }

  get lastIsReply(): boolean {
    return this.#has(LAST_BIT.isReply);
  }

  set lastIsReply(value: boolean) {
    this.#set(LAST_BIT.isReply, value);
  }

  /** As long as it is false, `lastEnd` is the wire's 0, whatever the numbers are relative to. */
  get hasLastEnd(): boolean {
    return this.#has(LAST_BIT.hasEnd);
  }

  set hasLastEnd(value: boolean) {
    this.#set(LAST_BIT.hasEnd, value);
  }

  get lastHasScale(): boolean {
    return this.#has(LAST_BIT.hasScale);
  }

  set lastHasScale(value: boolean) {
    this.#set(LAST_BIT.hasScale, value);
  }

  get lastSackPermitted(): boolean {
    return this.#has(LAST_BIT.sackPermitted);
  }

  set lastSackPermitted(value: boolean) {
    this.#set(LAST_BIT.sackPermitted, value);
  }

  get simultaneousOpen(): boolean {
    return this.#has(LAST_BIT.simultaneousOpen);
  }

  set simultaneousOpen(value: boolean) {
    this.#set(LAST_BIT.simultaneousOpen, value);
  }

  /** A SYN was let through while the last ACK is awaited: the next ACK may answer that SYN. */
  get expectsChallengeAck(): boolean {
    return this.#has(LAST_BIT.expectsChallengeAck);
  }

  set expectsChallengeAck(value: boolean) {
    this.#set(LAST_BIT.expectsChallengeAck, value);
  }

  /** It was taken over from a table, which does not tell its numbers and windows. */
  get areNumbersUnknown(): boolean {
    return this.#has(LAST_BIT.areNumbersUnknown);
  }

  set areNumbersUnknown(value: boolean) {
    this.#set(LAST_BIT.areNumbersUnknown, value);
  }

  /** Forgets everything. */
  clear(): void {
    const words = this.#words;
    const at = this.#at;
    for (let i = 0; i < TCP_WORDS; i++) words[at + i] = 0;
    this.lastKind = TCP_KIND.none;
  }

  /** The same in an array of its own. */
  copy(): TcpTracking {
    const copy = new TcpTracking();
    this.copyTo(copy.#words, 0);
    return copy;
  }

  /** Writes its words from `to` on. HOT */
  copyTo(words: Int32Array, to: number): void {
    const own = this.#words;
    const at = this.#at;
    for (let i = 0; i < TCP_WORDS; i++) words[to + i] = own[at + i]!;
  }

  /** HOT */
  #has(bit: number): boolean {
    return (this.#words[this.#at + LAST.bits]! & bit) !== 0;
  }

  /** HOT */
  #set(bit: number, value: boolean): void {
    if (value) this.#words[this.#at + LAST.bits]! |= bit;
    else this.#words[this.#at + LAST.bits]! &= ~bit;
  }
}

/** What was offered when the connection began is not known: nothing is out of the window, and acknowledgements may be selective. */
export function beginInTheMiddle({ original, reply }: TcpTracking): void {
  original.liberal = true;
  original.sackPermitted = true;
  reply.liberal = true;
  reply.sackPermitted = true;
}
