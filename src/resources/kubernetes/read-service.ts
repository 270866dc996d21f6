import type { Cidr } from '../../address/cidr.ts';
import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import type { Fields } from '../reading/fields.ts';
import type { Service, ServicePort } from './kubernetes-resources.ts';
import { readKubernetesMetadata } from './read-kubernetes-metadata.ts';
import {
  readAddress,
  readBlock,
  readIntOrName,
  readPortProtocol,
} from './read-kubernetes-values.ts';

const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
const TRAFFIC_POLICIES = ['Cluster', 'Local'] as const;
/** Source: Kubernetes API, ClientIPConfig.timeoutSeconds default. */
const DEFAULT_AFFINITY_SECONDS = 10800;

/** Fields of a ServiceSpec that do not change which packets go where in kube-proxy's iptables mode. */
const WITHOUT_EFFECT = [
  'allocateLoadBalancerNodePorts',
  'externalName',
  'healthCheckNodePort',
  'ipFamilyPolicy',
  'loadBalancerClass',
  'publishNotReadyAddresses',
  'trafficDistribution',
];

/** Reads a v1 Service. */
export function readService(root: Fields): Service | undefined {
  const metadata = readKubernetesMetadata(root, 'namespaced');
  const spec = root.fields('spec');
  const statusIPs = readStatusAddresses(root);
  root.finish();
  if (spec === undefined) {
    root.problem('missing-field', root.location, `${root.what} has no \`spec\``);
    return undefined;
  }
  spec.ignore(...WITHOUT_EFFECT);
  const type = spec.oneOf('type', TYPES)?.value ?? 'ClusterIP';
  const specified = readAddress(spec, spec.string('loadBalancerIP'));
  const service: Omit<Service, 'metadata'> = {
    type,
    headless: spec.string('clusterIP')?.value === 'None',
    clusterIPs: readClusterIPs(spec),
    ipFamilies: readFamilies(spec),
    externalIPs: readAddresses(spec, 'externalIPs'),
    loadBalancerIPs: statusIPs.length > 0 ? statusIPs : specified === undefined ? [] : [specified],
    loadBalancerSourceRanges: readBlocks(spec, 'loadBalancerSourceRanges'),
    externalTrafficPolicy:
      spec.oneOf('externalTrafficPolicy', TRAFFIC_POLICIES)?.value ?? 'Cluster',
    internalTrafficPolicy:
      spec.oneOf('internalTrafficPolicy', TRAFFIC_POLICIES)?.value ?? 'Cluster',
    sessionAffinitySeconds: readAffinity(spec),
    selector: readSelector(spec),
    ports: spec.fieldsList('ports').flatMap((fields) => readPort(fields) ?? []),
  };
  spec.finish();
  if (service.ports.length === 0 && type !== 'ExternalName' && service.clusterIPs.length > 0) {
    spec.problem('missing-field', spec.location, `${spec.what} has no \`ports\``);
  }
  return metadata === undefined ? undefined : { metadata, ...service };
}

function readStatusAddresses(root: Fields): readonly IpAddress[] {
  const status = root.fields('status');
  const ingress = status?.fields('loadBalancer')?.fieldsList('ingress') ?? [];
  return ingress.flatMap((fields) => readAddress(fields, fields.string('ip')) ?? []);
}

function readClusterIPs(spec: Fields): readonly IpAddress[] {
  const written = [...spec.strings('clusterIPs')];
  const single = spec.string('clusterIP');
  if (written.length === 0 && single !== undefined) written.push(single);
  return written
    .filter(({ value }) => value !== 'None' && value !== '')
    .flatMap((text) => readAddress(spec, text) ?? []);
}

function readFamilies(spec: Fields): readonly IpFamily[] {
  return spec.strings('ipFamilies').flatMap(({ value, location }) => {
    if (value === 'IPv4') return [4] as const;
    if (value === 'IPv6') return [6] as const;
    const hint = 'Use `IPv4` or `IPv6`.';
    spec.problem('invalid-value', location, `\`ipFamilies\` has \`${value}\``, hint);
    return [];
  });
}

function readAddresses(spec: Fields, name: string): readonly IpAddress[] {
  return spec.strings(name).flatMap((text) => readAddress(spec, text) ?? []);
}

function readBlocks(spec: Fields, name: string): readonly Cidr[] {
  return spec.strings(name).flatMap((text) => readBlock(spec, text) ?? []);
}

function readAffinity(spec: Fields): number | undefined {
  const affinity = spec.oneOf('sessionAffinity', ['None', 'ClientIP'])?.value ?? 'None';
  const config = spec.fields('sessionAffinityConfig');
  const client = config?.fields('clientIP');
  const seconds = client?.integer('timeoutSeconds', { min: 1, max: 86400 })?.value;
  client?.finish();
  config?.finish();
  return affinity === 'ClientIP' ? (seconds ?? DEFAULT_AFFINITY_SECONDS) : undefined;
}

function readSelector(spec: Fields): ReadonlyMap<string, string> | undefined {
  if (!spec.has('selector')) return undefined;
  return new Map(spec.stringMap('selector').map(({ name, value }) => [name.value, value.value]));
}

function readPort(fields: Fields): ServicePort | undefined {
  fields.ignore('appProtocol');
  const name = fields.string('name')?.value;
  const protocol = readPortProtocol(fields);
  const port = fields.integer('port', { min: 1, max: 65535 })?.value;
  const targetPort = readIntOrName(fields, 'targetPort');
  const nodePort = fields.integer('nodePort', { min: 0, max: 65535 })?.value;
  if (!fields.has('port')) {
    fields.problem('missing-field', fields.location, `${fields.what} has no \`port\``);
  }
  fields.finish();
  if (port === undefined) return undefined;
  return {
    name,
    protocol,
    port,
    targetPort,
    nodePort: nodePort || undefined,
    location: fields.location,
  };
}
