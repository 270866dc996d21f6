import type { IpFamily } from '../address/ip-address.ts';
import type { Missing, RemarkSpec } from './host-spec.ts';
import { isJsonObject, type JsonObject, objectsOf, textOf } from './json-output.ts';
import { noteFailure } from './read-firewall.ts';
import { attemptProgram } from './run-program.ts';

/** The tables that iptables-nft keeps; they are printed as its rules. */
const OF_IPTABLES = ['raw', 'mangle', 'nat', 'filter', 'security'];
const FAMILIES: Readonly<Record<string, readonly (4 | 6)[]>> = { ip: [4], ip6: [6] };

/**
 * Remarks on tables of nftables that iptables-save does not show and that packets meet: those of another name or family, and
 * those that it calls incompatible. A table without rules and without a policy that drops does nothing.
 */
export function readNativeTables(
  incompatible: Readonly<Record<IpFamily, readonly string[]>>,
  notes: { readonly missing: Missing[]; readonly remarks: RemarkSpec[] },
): void {
  const outcome = attemptProgram('nft', ['-j', 'list', 'ruleset']);
  if (outcome.kind === 'failed' && outcome.error.code === 'missing-program') return;
  noteFailure(outcome, 'nftables tables', notes.missing);
  if (outcome.kind === 'failed') return;
  const parsed: unknown = JSON.parse(outcome.stdout);
  const objects = isJsonObject(parsed) ? objectsOf(parsed, 'nftables') : [];
  for (const [table, family] of tablesThatAct(objects)) {
    const families = FAMILIES[family] ?? [];
    const [only] = families;
    const isIptables = only !== undefined && OF_IPTABLES.includes(table);
    if (isIptables && !incompatible[only].includes(table)) continue;
    const what = `nftables table ${family} ${table}`;
    notes.remarks.push(only === undefined ? { what } : { what, family: only });
  }
}

/** Name and family of every table with a base chain, and with a rule or a base chain that drops. ARP is no matter of packets. */
function tablesThatAct(objects: readonly JsonObject[]): readonly (readonly [string, string])[] {
  const hooked = new Set<string>();
  const acting = new Map<string, readonly [string, string]>();
  const keyOf = (one: JsonObject): string => `${textOf(one, 'family')} ${textOf(one, 'table')}`;
  const act = (one: JsonObject): void => {
    acting.set(keyOf(one), [textOf(one, 'table') ?? '', textOf(one, 'family') ?? '']);
  };
  for (const { chain, rule } of objects) {
    if (isJsonObject(chain) && textOf(chain, 'hook') !== undefined) {
      hooked.add(keyOf(chain));
      if (textOf(chain, 'policy') === 'drop') act(chain);
    }
    if (isJsonObject(rule)) act(rule);
  }
  return [...acting]
    .filter(([key, [, family]]) => hooked.has(key) && family !== 'arp')
    .map(([, table]) => table);
}
