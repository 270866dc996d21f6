import type { HostDocument } from '../resources/host-document.ts';
import { InputError } from '../source/errors.ts';
import { buildInterfaces } from './build-interfaces.ts';
import { buildRoutes } from './build-routes.ts';
import { buildRules } from './build-rules.ts';
import type { Host } from './host.ts';

/**
 * Makes the machine that a checked Host document describes: `lo`, default rules and routes by family filled in.
 *
 * @throws InputError for routes that the kernel would refuse: an unknown interface, a gateway on no subnet.
 */
export function buildHost(document: HostDocument): Host {
  const interfaces = buildInterfaces(document);
  const { routes, problems } = buildRoutes(document, interfaces);
  if (problems.length > 0) throw new InputError(problems);
  return {
    name: document.metadata.name,
    interfaces,
    routes,
    derivedRoutes: document.derivedRoutes,
    rules: buildRules(document),
    sysctls: document.sysctls,
    iptables: document.iptables,
    ip6tables: document.ip6tables,
    ipsets: document.ipsets,
    connections: document.connections,
    notModelled: document.notModelled,
    derived: false,
  };
}
