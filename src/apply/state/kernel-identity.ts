import { readFileSync, readlinkSync } from 'node:fs';
import type { KernelIdentity } from './state-record.ts';

/** The kernel and the network namespace that this process is in. */
export function thisKernel(): KernelIdentity {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: readlinkSync('/proc/self/ns/net'),
  };
}

/** Seconds since this boot, the time that the machine sleeps included. */
export function secondsSinceBoot(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
}
