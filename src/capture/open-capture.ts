import type { ByteSource } from './byte-source.ts';
import { FileSource, PrefixedSource, StreamSource } from './byte-source.ts';
import { CaptureError } from './capture-error.ts';
import type { CaptureReader } from './capture-reader.ts';
import { GunzipSource } from './gunzip-source.ts';
import { InputWindow } from './input-window.ts';
import { isPcapMagic, PcapReader } from './pcap-reader.ts';
import { BLOCK } from './pcapng-blocks.ts';
import { PcapngReader } from './pcapng-reader.ts';

/** A capture that is being read. */
export interface OpenCapture {
  /** The path as given, `-` for standard input. */
  readonly file: string;
  readonly reader: CaptureReader;
  /** Of a plain file; undefined where it is not known how much there is to read. */
  readonly sizeBytes: number | undefined;
  /** Share of the capture that has been read, 0 to 1; undefined where its size is not known. */
  readonly share: () => number | undefined;
  readonly close: () => void;
}

/** The longest header of a capture file. */
const HEADER_BYTES = 24;

const GZIP = [0x1f, 0x8b];

/** First bytes of what else people keep captures in, and what makes a capture of it. */
const OTHER_FORMS: readonly { readonly magic: readonly number[]; readonly name: string }[] = [
  { magic: [0x28, 0xb5, 0x2f, 0xfd], name: 'zstd (zstd -dc FILE | hepsim replay ... -)' },
  { magic: [0xfd, 0x37, 0x7a, 0x58], name: 'xz (xz -dc FILE | hepsim replay ... -)' },
  { magic: [0x42, 0x5a, 0x68], name: 'bzip2 (bzip2 -dc FILE | hepsim replay ... -)' },
  { magic: [0x04, 0x22, 0x4d, 0x18], name: 'lz4 (lz4 -dc FILE | hepsim replay ... -)' },
  { magic: [0xa1, 0xb2, 0xcd, 0x34], name: 'modified pcap (editcap -F pcap FILE NEW)' },
  { magic: [0x34, 0xcd, 0xb2, 0xa1], name: 'modified pcap (editcap -F pcap FILE NEW)' },
  { magic: [0x73, 0x6e, 0x6f, 0x6f, 0x70], name: 'snoop (editcap -F pcap FILE NEW)' },
];

/**
 * Opens a pcap or pcapng capture, plain or compressed with gzip.
 *
 * `stdin` gives the bytes of standard input, for the path `-`.
 *
 * @throws CaptureError when it cannot be read or is no capture.
 */
export async function openCapture(
  file: string,
  stdin: () => AsyncIterable<Uint8Array>,
): Promise<OpenCapture> {
  const plain = openSource(file, stdin);
  try {
    const source = await unfolded(plain);
    const window = new InputWindow(source);
    await window.fill(HEADER_BYTES);
    const reader = readerOf(file, window);
    const share = (): number | undefined =>
      plain.sizeBytes === undefined || plain.sizeBytes === 0
        ? undefined
        : plain.takenBytes / plain.sizeBytes;
    const { sizeBytes } = source;
    return { file, reader, sizeBytes, share, close: () => source.close() };
  } catch (error) {
    plain.close();
    throw error instanceof CaptureError ? error : unreadable(file, error);
  }
}

function openSource(file: string, stdin: () => AsyncIterable<Uint8Array>): ByteSource {
  if (file === '-') return new StreamSource(stdin());
  try {
    return new FileSource(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): CaptureError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new CaptureError(file, 'there is no such file');
  if (code === 'EISDIR') {
    return new CaptureError(file, 'is a directory', 'Name the captures in it.');
  }
  if (code === 'EACCES') return new CaptureError(file, 'may not be read');
  return new CaptureError(
    file,
    `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
  );
}

async function unfolded(source: ByteSource): Promise<ByteSource> {
  const first = new Uint8Array(2);
  let count = 0;
  while (count < 2) {
    const got = await source.read(first, count, 2 - count);
    if (got === 0) break;
    count += got;
  }
  const whole = new PrefixedSource(first.slice(0, count), source);
  return first[0] === GZIP[0] && first[1] === GZIP[1] ? new GunzipSource(whole) : whole;
}

function readerOf(file: string, window: InputWindow): CaptureReader {
  const { bytes, limit } = window;
  if (limit === 0) {
    throw new CaptureError(file, window.failure ?? 'is empty');
  }
  const magic = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
  if (limit >= 4 && magic === BLOCK.sectionHeader) return new PcapngReader(window);
  if (limit >= 4 && isPcapMagic(magic)) {
    if (limit >= HEADER_BYTES) return new PcapReader(window);
    throw new CaptureError(file, `ends within the header of a capture, after ${limit} bytes`);
  }
  const other = OTHER_FORMS.find((form) => form.magic.every((byte, i) => bytes[i] === byte));
  throw new CaptureError(
    file,
    other === undefined ? 'is no capture' : `is ${other.name.split(' (')[0]}`,
    other === undefined
      ? 'pcap and pcapng are read, plain or compressed with gzip.'
      : `Convert it: ${/\((.*)\)/.exec(other.name)?.[1] ?? ''}`,
  );
}
