import type { IpFamily } from '../../address/ip-address.ts';
import type { Host } from '../../host/host.ts';
import { buildTables } from './build-tables.ts';
import type { FibEntry } from './fib-table.ts';
import { interfaceSettings } from './interface-settings.ts';
import { linkLocalOf } from './link-local.ts';

/** The routes that a host's addresses bring along: subnets, and the local table. Its static routes are not among them. */
export function routesOfAddresses(
  host: Host,
  family: IpFamily,
): readonly { readonly table: string; readonly entry: FibEntry }[] {
  const interfaces = host.interfaces.map((link) => {
    const settings = interfaceSettings(host, link);
    return { link, settings, linkLocal: linkLocalOf(link, settings) };
  });
  const tables = buildTables({ ...host, routes: [] }, interfaces, { family, merged: false });
  return [...tables].flatMap(([table, fib]) =>
    [...fib.entries()].map((entry) => ({ table, entry })),
  );
}
