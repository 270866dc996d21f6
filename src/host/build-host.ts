import type { HostDocument } from '../resources/host-document.ts';
import type { Host } from './host.ts';

/** Makes the machine that a checked Host document describes: `lo`, default rules and routes by family filled in. */
export function buildHost(_document: HostDocument): Host {
  throw new Error('buildHost is being written');
}
