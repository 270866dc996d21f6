import type { IpAddress } from '../../address/ip-address.ts';
import type { NamedPort } from '../metadata.ts';
import type { Fields } from '../reading/fields.ts';
import type { Namespace, Pod, ServiceAccount } from './kubernetes-resources.ts';
import { readKubernetesMetadata } from './read-kubernetes-metadata.ts';
import { readAddress, readPortProtocol } from './read-kubernetes-values.ts';

/** Reads a v1 Namespace: its labels are what matters. */
export function readNamespace(root: Fields): Namespace | undefined {
  root.ignore('spec');
  const metadata = readKubernetesMetadata(root, 'cluster');
  root.finish();
  return metadata === undefined ? undefined : { metadata };
}

/** Reads a v1 ServiceAccount. */
export function readServiceAccount(root: Fields): ServiceAccount | undefined {
  root.ignore('automountServiceAccountToken', 'imagePullSecrets', 'secrets');
  const metadata = readKubernetesMetadata(root, 'namespaced');
  root.finish();
  return metadata === undefined ? undefined : { metadata };
}

/** Reads a v1 Pod: where it runs, its addresses and its named ports. What containers do is of no interest here. */
export function readPod(root: Fields): Pod | undefined {
  const metadata = readKubernetesMetadata(root, 'namespaced');
  const spec = root.fields('spec');
  const status = root.fields('status');
  root.finish();
  if (metadata === undefined) return undefined;
  const phase = status?.string('phase')?.value;
  return {
    metadata,
    node: spec?.string('nodeName')?.value,
    addresses: status === undefined ? [] : readPodAddresses(status),
    hostNetwork: spec?.boolean('hostNetwork')?.value ?? false,
    serviceAccount: spec?.string('serviceAccountName')?.value || 'default',
    ports: spec === undefined ? [] : readContainerPorts(spec),
    ready: phase !== 'Succeeded' && phase !== 'Failed',
  };
}

function readPodAddresses(status: Fields): readonly IpAddress[] {
  const several = status.fieldsList('podIPs').map((fields) => fields.string('ip'));
  const written = several.length > 0 ? several : [status.string('podIP')];
  return written.flatMap((text) =>
    text === undefined || text.value === '' ? [] : (readAddress(status, text) ?? []),
  );
}

function readContainerPorts(spec: Fields): readonly NamedPort[] {
  const ports: NamedPort[] = [];
  for (const container of spec.fieldsList('containers')) {
    for (const fields of container.fieldsList('ports')) {
      const name = fields.string('name')?.value;
      const protocol = readPortProtocol(fields);
      const port = fields.integer('containerPort', { min: 1, max: 65535 })?.value;
      if (name !== undefined && port !== undefined) ports.push({ name, protocol, port });
    }
  }
  return ports;
}
