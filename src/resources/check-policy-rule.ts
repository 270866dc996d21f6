import { renderCidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import { IP_PROTOCOL, isIcmp, renderProtocol } from '../address/protocol.ts';
import type { CalicoApi } from './metadata.ts';
import type { IcmpFields, RuleAction, RulePort } from './policy-rule.ts';
import type { EntityRuleReading } from './read-entity-rule.ts';
import { mayHaveRulePorts } from './read-protocol.ts';
import type { Fields, Written } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';

/** What has been read of a rule, for the checks that look at several of its fields. */
export interface RuleReading {
  readonly api: CalicoApi;
  readonly direction: 'ingress' | 'egress';
  readonly collector: ResourceCollector;
  readonly namespace: string | undefined;
  readonly action: RuleAction | undefined;
  readonly protocol: Written<number> | undefined;
  /** Whether there is a protocol at all, right or wrong. */
  readonly protocolWritten: boolean;
  readonly notProtocol: Written<number> | undefined;
  readonly ipVersion: IpFamily | undefined;
  readonly icmp: IcmpFields | undefined;
  readonly source: EntityRuleReading;
  readonly destination: EntityRuleReading;
}

/**
 * Reports what the fields of a rule may not say together.
 *
 * Source: validateRule of libcalico-go v1.7.2 (lib/validator) and of v3.9 and v3.32 (lib/validator/v3).
 */
export function checkRule(fields: Fields, rule: RuleReading): void {
  checkPorts(rule, 'source');
  checkPorts(rule, 'destination');
  checkFamilies(fields, rule);
  if (rule.api === 'v1') {
    checkSingleNets(rule);
    return;
  }
  checkIcmp(fields, rule);
  checkHttp(fields, rule);
  checkCatchAll(fields, rule);
  checkServices(rule, 'source');
  checkServices(rule, 'destination');
}

function checkPorts(reading: RuleReading, side: 'source' | 'destination'): void {
  const { entity, fields } = reading[side];
  if (fields === undefined) return;
  if (entity.ports.length > 0) checkPortsProtocol(fields, reading, entity.ports, 'ports');
  if (entity.notPorts.length > 0) checkPortsProtocol(fields, reading, entity.notPorts, 'notPorts');
}

function checkPortsProtocol(
  side: Fields,
  { protocol, protocolWritten, api, collector }: RuleReading,
  ports: readonly RulePort[],
  name: 'ports' | 'notPorts',
): void {
  const location = side.keyLocation(name);
  if (protocol !== undefined) {
    if (protocol.value === IP_PROTOCOL.sctp && api === 'v3') {
      collector.useFeature(side, {
        feature: 'SCTP ports in a rule',
        since: '3.32',
        release: '3.16',
        location,
      });
    } else if (!mayHaveRulePorts(protocol.value, api)) {
      side.problem(
        'invalid-combination',
        location,
        `\`${name}\` with the protocol ${renderProtocol(protocol.value)}`,
        `Use the protocol ${api === 'v1' ? 'tcp or udp' : 'TCP, UDP or SCTP'}, or remove \`${name}\`.`,
      );
    }
    return;
  }
  // A protocol that is written but wrong has been reported.
  if (protocolWritten) return;
  if (api === 'v3' && ports.every((port) => port.kind === 'named')) {
    const feature = `\`${name}\` without a \`protocol\` (all of them named)`;
    collector.useFeature(side, { feature, since: '3.32', location });
    return;
  }
  const [tcp, udp] = api === 'v1' ? ['tcp', 'udp'] : ['TCP', 'UDP'];
  side.problem(
    'invalid-combination',
    location,
    `\`${name}\` without a \`protocol\``,
    `Add \`protocol: ${tcp}\` (or ${udp}) to the rule, beside \`action\`: no Calico version takes port numbers without it.`,
  );
}

/** Every block of a rule is of one family, which is that of ipVersion too. */
function checkFamilies(fields: Fields, rule: RuleReading): void {
  if (isOfOneFamily(rule)) return;
  let first: RuleReading['source']['cidrs'][number] | undefined;
  for (const side of [rule.source, rule.destination]) {
    for (const cidr of side.cidrs) {
      const { family } = cidr.value.network;
      if (rule.ipVersion !== undefined && rule.ipVersion !== family) {
        fields.context.problemWith(
          'invalid-combination',
          cidr.location,
          `\`${renderCidr(cidr.value)}\` is IPv${family}, but the rule's \`ipVersion\` is ${rule.ipVersion}`,
          { related: [fields.locationOf('ipVersion')], hint: 'Write a rule for each family.' },
        );
        return;
      }
      first ??= cidr;
      if (first.value.network.family !== family) {
        fields.context.problemWith(
          'invalid-combination',
          cidr.location,
          `the rule has IPv4 and IPv6 blocks: \`${renderCidr(first.value)}\` and \`${renderCidr(cidr.value)}\``,
          { related: [first.location], hint: 'Write a rule for each family.' },
        );
        return;
      }
    }
  }
}

/** Without asking for places, which nobody needs of most rules. */
function isOfOneFamily({ source, destination, ipVersion }: RuleReading): boolean {
  let first = ipVersion;
  for (const { entity } of [source, destination]) {
    for (const nets of [entity.nets, entity.notNets]) {
      for (const { network } of nets) {
        first ??= network.family;
        if (network.family !== first) return false;
      }
    }
  }
  return true;
}

/** The older fields with one block and the newer ones with several may not be mixed in a rule. */
function checkSingleNets(rule: RuleReading): void {
  const sides = [rule.source.fields, rule.destination.fields].filter((side) => side !== undefined);
  const written = (names: readonly string[]) =>
    sides.flatMap((side) => names.filter((name) => side.has(name)).map((name) => ({ side, name })));
  const [single] = written(['net', 'notNet']);
  const [several] = written(['nets', 'notNets']);
  if (single === undefined || several === undefined) return;
  single.side.context.problemWith(
    'invalid-combination',
    single.side.keyLocation(single.name),
    `the rule has both \`${single.name}\` and \`${several.name}\``,
    {
      related: [several.side.keyLocation(several.name)],
      hint: 'Use `nets` and `notNets` throughout the rule.',
    },
  );
}

function checkIcmp(fields: Fields, rule: RuleReading): void {
  const { protocol } = rule;
  const wrong = protocol === undefined ? !rule.protocolWritten : !isIcmp(protocol.value);
  if (rule.icmp !== undefined && wrong) {
    fields.problem(
      'invalid-combination',
      fields.keyLocation('icmp'),
      `\`icmp\` ${protocol === undefined ? 'without a `protocol`' : `with the protocol ${renderProtocol(protocol.value)}`}`,
      'Use `protocol: ICMP` or `protocol: ICMPv6`.',
    );
  }
  checkIcmpFamily(fields, rule, 'protocol');
  checkIcmpFamily(fields, rule, 'notProtocol');
}

function checkIcmpFamily(
  fields: Fields,
  rule: RuleReading,
  name: 'protocol' | 'notProtocol',
): void {
  const written = rule[name];
  if (written === undefined || rule.ipVersion === undefined || !isIcmp(written.value)) return;
  const family = written.value === IP_PROTOCOL.icmp ? 4 : 6;
  if (family === rule.ipVersion) return;
  fields.problem(
    'invalid-combination',
    written.location,
    `\`${name}\` is ${family === 4 ? 'ICMP, which is IPv4' : 'ICMPv6, which is IPv6'}, but \`ipVersion\` is ${rule.ipVersion}`,
    `Use ${family === 4 ? 'ICMPv6' : 'ICMP'}, or \`ipVersion: ${family}\`.`,
  );
}

function checkHttp(fields: Fields, rule: RuleReading): void {
  if (!fields.has('http')) return;
  const refuse = (message: string, hint: string): void =>
    fields.problem('invalid-combination', fields.keyLocation('http'), message, hint);
  if (rule.direction === 'egress')
    refuse('`http` in an egress rule', 'Only ingress rules may have it.');
  if (rule.action !== undefined && rule.action !== 'allow') {
    refuse('`http` in a rule that does not allow', 'Only `action: Allow` may have it.');
  }
  if (rule.protocol !== undefined && rule.protocol.value !== IP_PROTOCOL.tcp) {
    refuse('`http` with a protocol that is not TCP', 'Use `protocol: TCP`.');
  }
}

/** Newer Calico refuses a negation that leaves nothing. */
function checkCatchAll(fields: Fields, rule: RuleReading): void {
  for (const side of [rule.source, rule.destination]) {
    if (!side.entity.notNets.some(({ prefixLength }) => prefixLength === 0)) continue;
    for (const { value, location } of side.cidrs) {
      if (value.prefixLength !== 0 || !side.entity.notNets.includes(value)) continue;
      rule.collector.refuseSince(
        '3.32',
        fields.context.makeProblem(
          'invalid-value',
          location,
          `\`${renderCidr(value)}\` in \`notNets\` leaves no address`,
          { hint: 'Remove the rule, or the block.' },
        ),
      );
    }
  }
}

/** `services` stand for addresses and ports alike, and only on the far side of the traffic. */
function checkServices(rule: RuleReading, side: 'source' | 'destination'): void {
  const { entity, fields } = rule[side];
  if (fields === undefined || entity.services === undefined) return;
  const location = fields.keyLocation('services');
  const farSide = rule.direction === 'ingress' ? 'source' : 'destination';
  if (side !== farSide) {
    fields.problem(
      'invalid-combination',
      location,
      `\`services\` in the ${side} of an ${rule.direction} rule`,
      `Use it in the ${farSide} only.`,
    );
  }
  const others = [
    'nets',
    'notNets',
    'selector',
    'notSelector',
    'namespaceSelector',
    'serviceAccounts',
    'ports',
    'notPorts',
  ].filter((name) => fields.has(name));
  if (others.length > 0) {
    fields.problem(
      'invalid-combination',
      location,
      `\`services\` together with \`${others.join('`, `')}\``,
      'A service stands for its addresses and ports: remove the other fields of this side.',
    );
  }
  if (entity.services.namespace === '' && rule.namespace === undefined) {
    fields.problem(
      'missing-field',
      location,
      '`services` of a policy for the whole cluster has no `namespace`',
      'Add the namespace of the service.',
    );
  }
}
