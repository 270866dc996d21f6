const RESERVED: ReadonlyMap<string, string> = new Map([
  ['0', 'main'],
  ['unspec', 'main'],
  ['253', 'default'],
  ['254', 'main'],
  ['255', 'local'],
]);

/**
 * One spelling for a routing table: the kernel's own by name (`254` is `main`), every other as it was written.
 * Source: ip-route(8), /etc/iproute2/rt_tables.
 */
export function routeTableName(written: string): string {
  return RESERVED.get(written) ?? written;
}
