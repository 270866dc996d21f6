import { isNamedBy, SERVICE_PORT_NAME } from './calico-names.ts';
import type { NamedPort } from './metadata.ts';
import { mayBeNamedPort, readProtocol } from './read-protocol.ts';
import type { Fields } from './reading/fields.ts';
import { shorten } from './reading/wording.ts';

/** Reads the ports of an endpoint that policy may name. */
export function readNamedPorts(spec: Fields): readonly NamedPort[] {
  return spec.fieldsList('ports').map((port) => {
    const name = port.requiredString('name');
    if (name !== undefined && !isNamedBy(SERVICE_PORT_NAME, name.value)) {
      port.problem(
        'invalid-name',
        name.location,
        `port name \`${shorten(name.value)}\` is not valid`,
        SERVICE_PORT_NAME.hint,
      );
    }
    if (!port.has('protocol')) requireField(port, 'protocol');
    const protocol = readProtocol(port, 'protocol', 'v3');
    if (protocol !== undefined && !mayBeNamedPort(protocol.value)) {
      port.problem(
        'invalid-combination',
        protocol.location,
        'the protocol of a named port has no ports',
        'Use TCP, UDP or SCTP.',
      );
    }
    if (!port.has('port')) requireField(port, 'port');
    const number = port.integer('port', { min: 1, max: 65535 });
    port.finish();
    return { name: name?.value ?? '', protocol: protocol?.value ?? 0, port: number?.value ?? 0 };
  });
}

function requireField(fields: Fields, name: string): void {
  fields.problem('missing-field', fields.location, `${fields.what} has no \`${name}\``);
}
