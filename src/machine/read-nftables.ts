import type { IpFamily } from '../address/ip-address.ts';
import type { Missing, RemarkSpec } from './host-spec.ts';
import { isJsonObject, type JsonObject, objectsOf, textOf } from './json-output.ts';
import { noteFailure } from './read-firewall.ts';
import { attemptProgram, type ProgramCall, type ProgramOutcome } from './run-program.ts';

/** The tables that iptables-nft keeps; they are printed as its rules. */
const OF_IPTABLES = ['raw', 'mangle', 'nat', 'filter', 'security'];
const FAMILIES: Readonly<Record<string, readonly (4 | 6)[]>> = { ip: [4], ip6: [6] };

/** A name that nft takes for a name. It reads its arguments as one text of its language, and programs may give tables any name. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_./-]{0,254}$/;

interface NativeTable {
  readonly name: string;
  readonly family: string;
  /** The family of packets, where it is one alone. */
  readonly only: IpFamily | undefined;
  readonly dropsByPolicy: boolean;
}

/** Asks for the chains of all tables. */
export const LIST_CHAINS: ProgramCall = { program: 'nft', args: ['-j', 'list', 'chains'] };

/**
 * Remarks on tables of nftables that iptables-save does not show and that packets meet: those of another name or family, and
 * those that it calls incompatible; `chainsListed` is what {@link LIST_CHAINS} has printed. A table without rules and without a policy that drops does nothing.
 */
export function readNativeTables(
  chainsListed: ProgramOutcome,
  incompatible: Readonly<Record<IpFamily, readonly string[]>>,
  notes: { readonly missing: Missing[]; readonly remarks: RemarkSpec[] },
): void {
  // Rules are asked for only where they matter: those of iptables may be very many, and nft takes longer to print them than all else takes here.
  const chains = objectsListed(chainsListed, notes.missing) ?? [];
  const inWay = hookedTables(chains).filter(
    ({ name, only }) =>
      only === undefined || !OF_IPTABLES.includes(name) || incompatible[only].includes(name),
  );
  if (inWay.length === 0) return;
  const rules = rulesOf(inWay, notes.missing);
  for (const { name, family, only, dropsByPolicy } of inWay) {
    const acts = dropsByPolicy || rules.some((rule) => isOf(rule, { name, family }));
    if (!acts) continue;
    const what = `nftables table ${family} ${name}`;
    notes.remarks.push(only === undefined ? { what } : { what, family: only });
  }
}

/** Tables with base chains. ARP is no matter of packets. */
function hookedTables(objects: readonly JsonObject[]): readonly NativeTable[] {
  const tables = new Map<string, NativeTable>();
  for (const { chain } of objects) {
    if (!isJsonObject(chain) || textOf(chain, 'hook') === undefined) continue;
    const name = textOf(chain, 'table') ?? '';
    const family = textOf(chain, 'family') ?? '';
    if (family === 'arp') continue;
    const key = `${family} ${name}`;
    const drops = textOf(chain, 'policy') === 'drop';
    const dropsByPolicy = drops || tables.get(key)?.dropsByPolicy === true;
    tables.set(key, { name, family, only: FAMILIES[family]?.[0], dropsByPolicy });
  }
  return [...tables.values()];
}

/** The rules of the tables, and perhaps of others. */
function rulesOf(tables: readonly NativeTable[], missing: Missing[]): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const { name, family } of tables) {
    const objects = PLAIN_NAME.test(name) ? listed(['table', family, name]) : undefined;
    if (objects === undefined) return rulesAmong(listed(['ruleset'], missing) ?? []);
    found.push(...rulesAmong(objects));
  }
  return found;
}

function rulesAmong(objects: readonly JsonObject[]): readonly JsonObject[] {
  return objects.flatMap(({ rule }) => (isJsonObject(rule) ? [rule] : []));
}

function isOf(rule: JsonObject, { name, family }: Pick<NativeTable, 'name' | 'family'>): boolean {
  return textOf(rule, 'table') === name && textOf(rule, 'family') === family;
}

/** What `nft -j list` prints; undefined where it fails, with a note of that when asked for. Without the program there is nothing to miss. */
function listed(what: readonly string[], missing?: Missing[]): readonly JsonObject[] | undefined {
  return objectsListed(attemptProgram('nft', ['-j', 'list', ...what]), missing);
}

function objectsListed(
  outcome: ProgramOutcome,
  missing: Missing[] | undefined,
): readonly JsonObject[] | undefined {
  if (outcome.kind === 'failed') {
    if (missing !== undefined && outcome.error.code !== 'missing-program') {
      noteFailure(outcome, 'nftables tables', missing);
    }
    return undefined;
  }
  const parsed: unknown = JSON.parse(outcome.stdout);
  return isJsonObject(parsed) ? objectsOf(parsed, 'nftables') : [];
}
