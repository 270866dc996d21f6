import type { IpFamily } from '../../address/ip-address.ts';
import type { TableName } from '../../ruleset/hook.ts';
import type { OwnSet, OwnState, OwnTable, OwnTables, PlacedRule } from '../own-state.ts';

interface TableJson {
  readonly bases: Readonly<Record<string, readonly PlacedRule[]>>;
  readonly chains: Readonly<Record<string, readonly string[]>>;
}

interface SetJson {
  readonly header: string;
  readonly members: readonly string[];
}

/** What is ours in a kernel, as JSON text holds it. */
export interface OwnStateJson {
  readonly tables: Readonly<Record<IpFamily, Readonly<Partial<Record<TableName, TableJson>>>>>;
  readonly sets: Readonly<Record<string, SetJson>>;
}

/** The state as plain data. */
export function ownStateToJson({ tables, sets }: OwnState): OwnStateJson {
  return {
    tables: { 4: tablesToJson(tables[4]), 6: tablesToJson(tables[6]) },
    sets: Object.fromEntries(
      [...sets].map(([name, { header, members }]) => [name, { header, members: [...members] }]),
    ),
  };
}

function tablesToJson(tables: OwnTables): Readonly<Record<string, TableJson>> {
  return Object.fromEntries(
    [...tables].map(([name, { bases, chains }]) => [
      name,
      { bases: Object.fromEntries(bases), chains: Object.fromEntries(chains) },
    ]),
  );
}

/** The state that plain data was made of. */
export function ownStateFromJson({ tables, sets }: OwnStateJson): OwnState {
  return {
    tables: { 4: tablesFromJson(tables[4]), 6: tablesFromJson(tables[6]) },
    sets: new Map(
      Object.entries(sets).map(([name, { header, members }]): [string, OwnSet] => [
        name,
        { header, members: new Set(members) },
      ]),
    ),
  };
}

function tablesFromJson(tables: Readonly<Partial<Record<TableName, TableJson>>>): OwnTables {
  return new Map(
    Object.entries(tables).map(([name, { bases, chains }]): [TableName, OwnTable] => [
      name as TableName,
      { bases: new Map(Object.entries(bases)), chains: new Map(Object.entries(chains)) },
    ]),
  );
}
