import type { IpFamily } from '../address/ip-address.ts';
import type { HostText } from '../host/host.ts';
import { BASE_CHAIN, HOOK_TABLES, type Hook, type TableName } from '../ruleset/hook.ts';
import type { Rule, Ruleset, Table } from '../ruleset/ruleset.ts';
import { InputError } from '../source/errors.ts';
import type { SourceLocation } from '../source/location.ts';
import type { Problem } from '../source/problem.ts';

/**
 * The host's own rules, from the text of `iptables-save`, as far as this release understands them: where there are any. Each base
 * chain that has rules, or a policy other than ACCEPT, becomes one rule that says so, and a packet that meets it is undetermined.
 *
 * @throws InputError when the text is not what `iptables-save` prints.
 */
export function ownRules(written: HostText, family: IpFamily): Ruleset {
  const problems: Problem[] = [];
  const occupied = findOccupiedChains(written, problems);
  if (problems.length > 0) throw new InputError(problems);
  const tables = new Map<TableName, Table['chains'][number][]>();
  for (const [hook, names] of Object.entries(HOOK_TABLES) as [Hook, readonly TableName[]][]) {
    for (const table of names) {
      const origin = occupied.get(`${table} ${BASE_CHAIN[hook]}`);
      if (origin === undefined) continue;
      const chains = tables.get(table) ?? [];
      chains.push({
        kind: 'base',
        name: BASE_CHAIN[hook],
        hook,
        policy: 'accept',
        rules: [opaqueRule(table, BASE_CHAIN[hook], family, origin)],
      });
      tables.set(table, chains);
    }
  }
  return { family, tables: [...tables].map(([name, chains]) => ({ name, chains })), ipSets: [] };
}

function opaqueRule(
  table: TableName,
  chain: string,
  family: IpFamily,
  origin: SourceLocation,
): Rule {
  const tool = family === 4 ? 'iptables' : 'ip6tables';
  const description = `the host's own ${tool} rules in ${table} ${chain} (${origin.file}:${origin.line})`;
  return {
    matches: [],
    target: { kind: 'opaque', description },
    comment: undefined,
    origin,
    meaning: undefined,
    placement: 'insert',
  };
}

const RULE_LINE = /^(?:\[\d+:\d+\] )?-A (\S+)/;
const CHAIN_LINE = /^:(\S+) (\S+)/;
const TABLE_LINE = /^\*(\S+)$/;
const IGNORED_LINE = /^(?:#.*|COMMIT)?$/;

/** `TABLE CHAIN` of every chain with rules or with a policy other than ACCEPT, and the first line that says so. */
function findOccupiedChains(written: HostText, problems: Problem[]): Map<string, SourceLocation> {
  const occupied = new Map<string, SourceLocation>();
  let table = '';
  for (const [index, raw] of written.text.split('\n').entries()) {
    const line = raw.trimEnd();
    const location = { ...written.location, line: written.location.line + 1 + index, column: 1 };
    const chain = CHAIN_LINE.exec(line);
    const occupy = (name: string): void => {
      const key = `${table} ${name}`;
      if (!occupied.has(key)) occupied.set(key, location);
    };
    const rule = RULE_LINE.exec(line);
    if (rule !== null && table !== '') occupy(rule[1] as string);
    else if (chain !== null && table !== '') {
      if (chain[2] !== 'ACCEPT' && chain[2] !== '-') occupy(chain[1] as string);
    } else if (TABLE_LINE.test(line)) table = line.slice(1);
    else if (!IGNORED_LINE.test(line)) {
      problems.push({
        code: 'invalid-value',
        severity: 'error',
        message: 'not a line that iptables-save prints',
        location,
        excerpt: line,
        hint: 'Paste the output of `iptables-save` (or `ip6tables-save`) unchanged.',
      });
    }
  }
  return occupied;
}
