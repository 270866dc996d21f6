import type { Metadata } from '../metadata.ts';
import type { Fields } from '../reading/fields.ts';
import type { ServiceEndpoint, ServiceName } from './kubernetes-resources.ts';
import { readKubernetesMetadata } from './read-kubernetes-metadata.ts';
import { readAddress, readPortProtocol } from './read-kubernetes-values.ts';

/** Names the Service of an EndpointSlice. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

interface BackendPort {
  readonly name: string | undefined;
  readonly protocol: number;
  readonly port: number;
}

/** What a document says of a Service: its endpoints, be they none. Without a Service where it does not name one. */
export interface DescribedService {
  readonly service: ServiceName | undefined;
  readonly endpoints: readonly ServiceEndpoint[];
}

/** Reads a v1 Endpoints: every ready address with every port of its subset. */
export function readEndpoints(root: Fields): DescribedService {
  const metadata = readKubernetesMetadata(root, 'namespaced');
  const found: ServiceEndpoint[] = [];
  for (const subset of root.fieldsList('subsets')) {
    subset.ignore('notReadyAddresses');
    const ports = readPorts(subset);
    for (const fields of subset.fieldsList('addresses')) {
      fields.ignore('hostname', 'targetRef');
      const address = readAddress(fields, fields.requiredString('ip'));
      const node = fields.string('nodeName')?.value;
      fields.finish();
      if (address === undefined || metadata === undefined) continue;
      for (const { name, protocol, port } of ports) {
        found.push({
          service: metadata.name,
          namespace: metadata.namespace ?? 'default',
          portName: name,
          protocol,
          address,
          port,
          node,
          terminating: false,
          location: fields.location,
        });
      }
    }
    subset.finish();
  }
  root.finish();
  return { service: nameOf(metadata, metadata?.name), endpoints: found };
}

/** Reads a discovery.k8s.io/v1 EndpointSlice: the addresses of its endpoints that are ready, or still serve while they go away. */
export function readEndpointSlice(root: Fields): DescribedService {
  const metadata = readKubernetesMetadata(root, 'namespaced');
  const addressType = root.oneOf('addressType', ['IPv4', 'IPv6', 'FQDN'])?.value;
  const service = metadata?.labels.get(SERVICE_LABEL);
  if (metadata !== undefined && service === undefined) {
    root.problem(
      'missing-field',
      root.location,
      `EndpointSlice \`${metadata.name}\` does not say which Service it belongs to`,
      `Label it with \`${SERVICE_LABEL}\`.`,
      'warning',
    );
  }
  const ports = readPorts(root);
  const found: ServiceEndpoint[] = [];
  for (const fields of root.fieldsList('endpoints')) {
    fields.ignore('hostname', 'targetRef', 'deprecatedTopology', 'zone', 'hints');
    const node = fields.string('nodeName')?.value;
    const conditions = fields.fields('conditions');
    const ready = conditions?.boolean('ready')?.value ?? true;
    const serving = conditions?.boolean('serving')?.value ?? ready;
    const terminating = !ready && serving && conditions?.boolean('terminating')?.value === true;
    conditions?.ignore('terminating');
    conditions?.finish();
    const written = fields.strings('addresses');
    fields.finish();
    // kube-proxy uses the first address of an endpoint alone; names are no addresses.
    if (addressType === 'FQDN' || !(ready || terminating) || written[0] === undefined) continue;
    const address = readAddress(fields, written[0]);
    if (address === undefined || service === undefined || metadata === undefined) continue;
    for (const { name, protocol, port } of ports) {
      found.push({
        service,
        namespace: metadata.namespace ?? 'default',
        portName: name,
        protocol,
        address,
        port,
        node,
        terminating,
        location: fields.location,
      });
    }
  }
  root.finish();
  // Names are no addresses: of what they lead to nothing is known.
  const isOfNames = addressType === 'FQDN';
  return { service: isOfNames ? undefined : nameOf(metadata, service), endpoints: found };
}

function nameOf(metadata: Metadata | undefined, name: string | undefined): ServiceName | undefined {
  if (metadata === undefined || name === undefined) return undefined;
  return { name, namespace: metadata.namespace ?? 'default' };
}

function readPorts(parent: Fields): readonly BackendPort[] {
  return parent.fieldsList('ports').flatMap((fields) => {
    fields.ignore('appProtocol');
    const name = fields.string('name')?.value || undefined;
    const protocol = readPortProtocol(fields);
    const port = fields.integer('port', { min: 1, max: 65535 })?.value;
    fields.finish();
    return port === undefined ? [] : [{ name, protocol, port }];
  });
}
