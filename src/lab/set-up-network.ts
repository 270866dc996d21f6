import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IpFamily } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import { parseMac } from '../packet/ethernet.ts';
import { interfaceSysctls, namespaceSysctls, type SysctlWrite } from './host-sysctls.ts';
import { LabError } from './lab-error.ts';
import { runProgram } from './run-program.ts';
import { openTap } from './tap-device.ts';
import {
  linkCommands,
  macOf,
  madeInterfaces,
  refuseUnsupported,
  routeCommands,
} from './topology.ts';

const FAMILIES: readonly IpFamily[] = [4, 6];

/** The far end of an interface, which the lab holds. */
export interface Port {
  readonly fd: number;
  /** The interface's own MAC address. */
  readonly mac: Uint8Array;
}

/** A host's network as it was made. */
export interface LabNetwork {
  readonly ports: ReadonlyMap<string, Port>;
  /** Interface names by number. */
  readonly names: ReadonlyMap<number, string>;
}

/**
 * Makes a host's interfaces, addresses, routes, rules and sysctls in this process's namespace.
 *
 * @throws LabError for a host that cannot be made.
 */
export function setUpNetwork(host: Host): LabNetwork {
  refuseUnsupported(host);
  writeSysctls(namespaceSysctls(host));
  const ports = new Map<string, Port>();
  for (const [index, link] of madeInterfaces(host).entries()) {
    // A module may have put an interface of this name into every namespace.
    if (existsSync(`/sys/class/net/${link.name}`)) {
      runProgram('ip', ['link', 'set', link.name, 'name', `hepsim-old${index}`]);
    }
    ports.set(link.name, { fd: openTap(link.name), mac: parseMac(macOf(link, index)) });
  }
  runBatch([], linkCommands(host));
  writeSysctls(interfaceSysctls(host));
  for (const family of FAMILIES) runBatch([`-${family}`], routeCommands(host, family));
  return { ports, names: readInterfaceNames() };
}

function readInterfaceNames(): ReadonlyMap<number, string> {
  const folder = '/sys/class/net';
  return new Map(
    readdirSync(folder).map((name) => [
      Number(readFileSync(`${folder}/${name}/ifindex`, 'utf8')),
      name,
    ]),
  );
}

function runBatch(options: readonly string[], commands: string): void {
  if (commands !== '') runProgram('ip', [...options, '-batch', '-'], commands);
}

function writeSysctls(writes: readonly SysctlWrite[]): void {
  for (const { path, value, optional } of writes) {
    try {
      writeFileSync(`/proc/sys/${path}`, String(value));
    } catch (error) {
      if (!optional) throw new LabError('rejected', `sysctl ${path}=${value}: ${String(error)}`);
    }
  }
}
