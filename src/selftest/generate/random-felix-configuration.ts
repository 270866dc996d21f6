import type { Random } from '../random.ts';
import { type JsonDocument, withoutUndefined } from './json-document.ts';
import type { DocumentContext } from './random-rules.ts';
import { NODE } from './world.ts';

/** FelixConfiguration documents, for all nodes and for this one, as far as the version's API has them. */
export function randomFelixConfigurations(context: DocumentContext): readonly JsonDocument[] {
  const { random, version } = context;
  if (version === '2.6') return [];
  return ['default', `node.${NODE}`].flatMap((name) =>
    random.chance(35)
      ? [
          {
            apiVersion: 'projectcalico.org/v3',
            kind: 'FelixConfiguration',
            metadata: { name },
            spec: randomSpec(context),
          },
        ]
      : [],
  );
}

function randomSpec({ random, version }: DocumentContext): JsonDocument {
  const action = (): string => random.pick(['Accept', 'Return']);
  const yes = (percent: number): boolean | undefined => random.maybe(percent, () => true);
  const common = {
    defaultEndpointToHostAction: random.maybe(40, () => random.pick(['Drop', 'Return', 'Accept'])),
    iptablesFilterAllowAction: random.maybe(25, action),
    iptablesMangleAllowAction: random.maybe(25, action),
    chainInsertMode: random.maybe(20, () => random.pick(['Insert', 'Append'])),
    failsafeInboundHostPorts: random.maybe(40, () => randomFailsafes(random, version === '3.32')),
    failsafeOutboundHostPorts: random.maybe(40, () => randomFailsafes(random, version === '3.32')),
    disableConntrackInvalidCheck: yes(15),
    iptablesMarkMask: random.maybe(15, () => random.pick([0xffff0000, 0xf0, 0x88880000])),
    ipipEnabled: yes(20),
    vxlanEnabled: yes(20),
    vxlanPort: random.maybe(10, () => 999),
    interfacePrefix: random.maybe(15, () => random.pick(['cali', 'cali,tap', 'tap'])),
    logPrefix: random.maybe(10, () => 'seen'),
  };
  const newer = {
    iptablesFilterDenyAction: random.maybe(25, () => random.pick(['Drop', 'Reject'])),
    allowVXLANPacketsFromWorkloads: yes(15),
    allowIPIPPacketsFromWorkloads: yes(15),
  };
  return withoutUndefined(version === '3.32' ? { ...common, ...newer } : common);
}

const FAILSAFES: readonly JsonDocument[] = [
  { protocol: 'TCP', port: 22 },
  { protocol: 'TCP', port: 6443 },
  { protocol: 'UDP', port: 53 },
  { protocol: 'UDP', port: 999 },
];

/** Of newer Calico, failsafe ports for some peers alone. */
const NEWER_FAILSAFES: readonly JsonDocument[] = [
  { protocol: 'TCP', port: 2379, net: '10.0.0.0/25' },
  { protocol: 'UDP', port: 68, net: '2001:db8:a::/64' },
];

function randomFailsafes(random: Random, isNewer: boolean): readonly JsonDocument[] {
  return random.some(isNewer ? [...FAILSAFES, ...NEWER_FAILSAFES] : FAILSAFES, 0, 3);
}
