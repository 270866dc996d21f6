import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// Commands are loaded when they are called; loaded here, the first test of a file need not wait for them.
import '../../src/cli/compile-command.ts';
import '../../src/cli/load-scenario.ts';
import { main } from '../../src/cli/main.ts';
import '../../src/cli/replay-command.ts';
import '../../src/cli/test-command.ts';
import '../../src/cli/trace-command.ts';

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs a command line in process, with nothing of the test's own environment. */
export async function runCli(
  args: readonly string[],
  given: {
    readonly stdin?: string;
    readonly stdinBytes?: Uint8Array;
    readonly environment?: Readonly<Record<string, string>>;
    readonly terminal?: boolean;
  } = {},
): Promise<CliRun> {
  let out = '';
  let error = '';
  const code = await main(args, {
    readStdin: () => given.stdin ?? '',
    stdinBytes: () => bytesOf(given.stdinBytes),
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    outIsTerminal: given.terminal ?? false,
    errorIsTerminal: false,
    columns: undefined,
    environment: given.environment ?? {},
    hostName: () => 'this-machine',
  });
  return { code, out, error };
}

async function* bytesOf(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined) yield bytes;
}

/** Writes files into a fresh directory and returns its path. */
export function filesIn(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'hepsim-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

/** An endpoint that lets in port 80 and drops the rest by default. The rule stands in line 16. */
export const WEB_POLICY = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata:
  name: node1-eth0
  labels: {role: web}
spec: {node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: web
spec:
  selector: role == 'web'
  types: [Ingress, Egress]
  ingress:
    - action: Allow
      protocol: TCP
      destination:
        ports: [80]
`;

export const WEB_HOST = `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}]
`;

export const TO_WEB = 'tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0';
export const TO_OTHER = 'tcp 203.0.113.7:40000 -> 192.0.2.10:8080 in=eth0';
