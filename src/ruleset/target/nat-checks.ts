import { hasPorts } from '../../address/protocol.ts';
import type { RuleContext } from '../definition.ts';

/** What is wrong with translating in the table that the rule is in; undefined where nothing is. */
export function faultOfNatTable({ table }: Pick<RuleContext, 'table'>): string | undefined {
  return table === undefined || table === 'nat' ? undefined : `translation in table ${table}`;
}

/** The same for targets that give ports by `--to-ports`. */
export function faultOfNatPorts(
  { ports }: { readonly ports: unknown },
  { table, protocol }: Pick<RuleContext, 'table' | 'protocol'>,
): string | undefined {
  const fault = faultOfNatTable({ table });
  if (fault !== undefined || ports === undefined) return fault;
  return protocol === undefined || !hasPorts(protocol)
    ? '--to-ports needs the rule to match a protocol that has ports'
    : undefined;
}
