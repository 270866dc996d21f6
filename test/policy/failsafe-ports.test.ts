import { expect, test } from 'vitest';
import { renderCidr } from '../../src/address/cidr.ts';
import { parseFailsafePorts } from '../../src/policy/failsafe-ports.ts';

function render(text: string, nets: boolean): readonly string[] | string {
  const parsed = parseFailsafePorts(text, { nets, sctp: false });
  if (parsed.kind === 'error') return parsed.message;
  return parsed.ports.map(
    ({ protocol, port, net }) =>
      `${protocol}/${port}${net === undefined ? '' : ` ${renderCidr(net)}`}`,
  );
}

test.each([
  ['22', ['6/22']],
  ['udp:68', ['17/68']],
  ['TCP:22, Udp:53', ['6/22', '17/53']],
  [' 22 , ,udp:68,', ['6/22', '17/68']],
  ['0,65535', ['6/0', '6/65535']],
  ['', []],
])('6: `%s` is a list of failsafe ports in every version', (text, ports) => {
  expect(render(text, false)).toEqual(ports);
  expect(render(text, true)).toEqual(ports);
});

test.each([
  ['tcp:10.0.0.0/8:22', ['6/22 10.0.0.0/8']],
  ['udp:[fd00::/8]:53', ['17/53 fd00::/8']],
  ['tcp:192.0.2.1:22', ['6/22 192.0.2.1/32']],
])('6: `%s` is bound to a net, in new versions only', (text, ports) => {
  expect(render(text, true)).toEqual(ports);
  expect(render(text, false)).toBe(`\`${text}\` is not a failsafe port`);
});

test.each([
  ['sctp:22', 'unknown protocol in failsafe port `sctp:22`'],
  ['65536', '`65536` is not a port, in failsafe port `65536`'],
  ['tcp:', '`` is not a port, in failsafe port `tcp:`'],
  ['ssh', '`ssh` is not a port, in failsafe port `ssh`'],
  ['tcp:10.0.0.0/33:22', '`10.0.0.0/33` is not a CIDR, in failsafe port `tcp:10.0.0.0/33:22`'],
  ['tcp:fd00::/8:22', '`tcp:fd00::/8:22` is not a failsafe port'],
  ['a:b:c:d', '`a:b:c:d` is not a failsafe port'],
  ['tcp:[fd00::/8:22', '`tcp:[fd00::/8:22` is not a failsafe port'],
])('6: `%s` is no list of failsafe ports', (text, message) => {
  expect(render(text, true)).toBe(message);
});
