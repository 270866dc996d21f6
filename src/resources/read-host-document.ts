import { V1_NODE_NAME } from './calico-names.ts';
import type { HostDocument, HostRemark, WrittenText } from './host-document.ts';
import { readHostInterfaces } from './read-host-interfaces.ts';
import { readHostRoutes } from './read-host-routes.ts';
import { readHostFamily, readHostRules } from './read-host-rules.ts';
import { readHostSysctls } from './read-host-sysctls.ts';
import { readOwnDocument } from './read-own-document.ts';
import type { Fields } from './reading/fields.ts';

/**
 * Reads a Host document, `document` being its root mapping. Everything that its text alone can tell is checked, what the kernel
 * would refuse included. Undefined where it has no spec.
 */
export function readHostDocument(document: Fields): HostDocument | undefined {
  const read = readOwnDocument(document, {
    kind: 'Host',
    nameRule: V1_NODE_NAME,
    hint: 'Add `spec: {interfaces: [{name: eth0, addresses: [192.0.2.10/24]}]}`.',
  });
  if (read === undefined) return undefined;
  const { metadata, spec } = read;
  const interfaces = readHostInterfaces(spec);
  const derived = spec.boolean('derivedRoutes')?.value ?? true;
  const host: HostDocument = {
    metadata,
    interfaces,
    routes: readHostRoutes(spec, interfaces, { derived }),
    derivedRoutes: derived,
    rules: readHostRules(spec, interfaces),
    sysctls: readHostSysctls(spec, interfaces),
    iptables: readText(spec, 'iptables'),
    ip6tables: readText(spec, 'ip6tables'),
    ipsets: readText(spec, 'ipsets'),
    connections: readText(spec, 'connections'),
    notModelled: spec.fieldsList('notModelled').flatMap(readRemark),
  };
  spec.finish();
  return host;
}

function readRemark(fields: Fields): readonly HostRemark[] {
  const what = fields.requiredString('what');
  const family = fields.has('family') ? readHostFamily(fields) : undefined;
  fields.finish();
  return what === undefined ? [] : [{ what: what.value, family, location: what.location }];
}

function readText(spec: Fields, name: string): WrittenText | undefined {
  const text = spec.string(name);
  if (text === undefined) return undefined;
  const place = { text: text.value, location: text.location };
  return spec.isBlock(name) ? place : { ...place, isQuoted: true };
}
