import { realpathSync } from 'node:fs';
import type { OpenCapture } from '../capture/open-capture.ts';
import { PcapngWriter } from '../capture/pcapng-writer.ts';
import type { Outcomes } from '../replay/outcomes.ts';
import type { PacketSink } from '../replay/replayed-packet.ts';
import { EnvironmentError, UsageError } from '../source/errors.ts';
import { decisionLine } from './print/replay-text.ts';
import { VERSION } from './version.ts';

/** Writes packets into a capture, each with its verdict as a comment. */
export interface CaptureOutput {
  readonly sink: PacketSink;
  readonly finish: () => void;
}

/** @throws UsageError when the file to be written is one of those that are read, or standard output. */
export function checkWritten(path: string, files: readonly string[]): void {
  if (path === '-') {
    throw new UsageError(
      '--write needs a file: standard output has the counts',
      'A file of the name `-` is ./-.',
    );
  }
  const written = realPath(path);
  if (written === undefined || !files.some((file) => file !== '-' && realPath(file) === written)) {
    return;
  }
  throw new UsageError(`--write: ${path} is one of the captures that are read`);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Creates the capture. @throws EnvironmentError when it cannot be written. */
export function captureOutput(
  path: string,
  captures: readonly OpenCapture[],
  outcomes: Outcomes,
): CaptureOutput {
  const writer = attempt(path, () => new PcapngWriter(path, `hepsim ${VERSION}`));
  const interfaces = new Map<string, number>();
  return {
    sink: (packet) => {
      const key = `${packet.capture} ${packet.interfaceId}`;
      let interfaceId = interfaces.get(key);
      if (interfaceId === undefined) {
        const from = captures[packet.capture]?.reader.interfaces[packet.interfaceId];
        if (from === undefined) throw new Error(`no interface ${key}`);
        interfaceId = attempt(path, () => writer.addInterface(from.linkType, from.name));
        interfaces.set(key, interfaceId);
      }
      const { seconds, nanoseconds, bytes, originalLength } = packet;
      const comment = commentOf(packet.outcome, outcomes);
      const number = interfaceId;
      attempt(path, () =>
        writer.addPacket({
          interfaceId: number,
          seconds,
          nanoseconds,
          bytes,
          originalLength,
          comment,
        }),
      );
    },
    finish: () => attempt(path, () => writer.close()),
  };
}

function commentOf(outcome: number, outcomes: Outcomes): string {
  const { verdict, decision, delivered, because } = outcomes.at(outcome);
  const to = delivered === null ? '' : ` to ${delivered}`;
  const why = because === undefined ? decisionLine(decision) : because.join('; ');
  return `hepsim: ${verdict}${to}: ${why}`;
}

function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new EnvironmentError(`cannot write ${path}: ${(error as Error).message}`);
  }
}
