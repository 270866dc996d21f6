import { lookup } from 'node:dns/promises';
import { parseIpAddress } from '../../address/ip-address.ts';
import {
  checkAccess,
  checkWorkingAccess,
  type LostAccess,
} from '../../apply/guard/check-access.ts';
import { findDatastores } from '../../apply/guard/find-datastores.ts';
import {
  datastoreAccess,
  type KeptAccess,
  loopbackAccess,
  neighbourAccess,
  packetAccess,
  parseSshConnection,
  sshAccess,
} from '../../apply/guard/kept-access.ts';
import { findSshConnection } from '../../machine/find-ssh-connection.ts';
import type { NodeModel } from '../../scenario/node-model.ts';
import { UsageError } from '../../source/errors.ts';
import { packetFromWords } from '../read-packets.ts';
import type { Terminal } from '../terminal.ts';
import { checkScenarios } from './check-scenarios.ts';

export interface GuardOptions {
  readonly scenarios: readonly string[];
  readonly keep: readonly string[];
  readonly datastore: readonly string[];
  readonly lenient?: boolean;
}

/** What the guard asks of new rules, read and checked before anything is looked at. */
export interface Guard {
  /** What the rules would take away, or nobody can promise. */
  readonly check: (model: NodeModel, asIs: () => NodeModel) => Promise<readonly LostAccess[]>;
}

/**
 * Gathers what must survive: scenarios, the SSH connection in use, packets of `--keep`, loopback, neighbour discovery, datastores.
 *
 * @throws InputError, UsageError for a scenario or packet that is wrong
 */
export async function prepareGuard(options: GuardOptions, terminal: Terminal): Promise<Guard> {
  const packets = options.keep.map((text) => packetAccess(packetFromWords([text])));
  const scenarios = checkScenarios(options.scenarios, options.lenient);
  const [wrong] = findDatastores(new Map(), options.datastore).problems;
  if (wrong !== undefined) throw new UsageError(wrong);
  const ssh = sshInUse(terminal);
  const stores = await datastores(options.datastore, terminal);
  return {
    check: async (model, asIs) => {
      // Nobody asked for these: where they do not work today, there is nothing to keep.
      const usual = [...loopbackAccess(), ...stores.kept, ...neighbourAccess(model.host)];
      return [
        ...ssh.unclear,
        ...stores.unclear,
        ...checkAccess(model, [...ssh.kept, ...packets]),
        ...checkWorkingAccess(model, asIs, usual),
        ...(await scenarios.check(model)),
      ];
    },
  };
}

interface Gathered {
  readonly kept: readonly KeptAccess[];
  /** What cannot even be asked. */
  readonly unclear: readonly LostAccess[];
}

function sshInUse(terminal: Terminal): Gathered {
  const text = findSshConnection(terminal.environment);
  if (text === undefined) return { kept: [], unclear: [] };
  const ssh = parseSshConnection(text);
  if (ssh !== undefined) return { kept: sshAccess(ssh), unclear: [] };
  const reason = `SSH_CONNECTION is \`${text}\`, which is not CLIENT PORT SERVER PORT`;
  return { kept: [], unclear: [{ name: 'the SSH connection in use', reason, result: undefined }] };
}

async function datastores(asked: readonly string[], terminal: Terminal): Promise<Gathered> {
  const environment = new Map<string, string>();
  for (const [name, value] of Object.entries(terminal.environment)) {
    if (value !== undefined) environment.set(name, value);
  }
  const { servers, problems } = findDatastores(environment, asked);
  const kept: KeptAccess[] = [];
  const unclear = problems.map((reason) => ({ name: 'datastore', reason, result: undefined }));
  for (const { setting, host, port } of servers) {
    const address = parseIpAddress(host);
    const addresses = address === undefined ? await resolveName(host) : [address];
    if (addresses.length === 0) {
      const reason = `the name ${host} cannot be resolved`;
      unclear.push({ name: setting, reason, result: undefined });
    }
    for (const each of addresses) kept.push(datastoreAccess(setting, each, port));
  }
  return { kept, unclear };
}

async function resolveName(
  name: string,
): Promise<readonly NonNullable<ReturnType<typeof parseIpAddress>>[]> {
  try {
    const found = await lookup(name, { all: true });
    return found.flatMap(({ address }) => parseIpAddress(address) ?? []);
  } catch {
    return [];
  }
}
