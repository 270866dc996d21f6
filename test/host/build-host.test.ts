import { describe, expect, test } from 'vitest';
import { renderCidr } from '../../src/address/cidr.ts';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import { buildHost } from '../../src/host/build-host.ts';
import type { Host } from '../../src/host/host.ts';
import { InputError } from '../../src/source/errors.ts';
import { type HostWords, hostDocument } from './host-document.ts';

const build = (words: HostWords): Host => buildHost(hostDocument(words));

const ETH0 = { name: 'eth0', addresses: ['192.0.2.10/24', '2001:db8::10/64'] };

function routesOf(host: Host): readonly string[] {
  return host.routes.map((one) => `${renderCidr(one.to)} ${one.dev} ${one.table} ${one.metric}`);
}

function rulesOf(host: Host, family: 4 | 6): readonly string[] {
  return host.rules
    .filter((one) => one.family === family)
    .map((one) => `${one.priority} ${one.table}`);
}

describe('interfaces', () => {
  test('lo is there without being written', () => {
    const [lo] = build({ interfaces: [ETH0] }).interfaces;
    expect(lo?.name).toBe('lo');
    expect(lo?.addresses.map((one) => renderCidr(one.cidr))).toEqual(['127.0.0.0/8', '::1/128']);
  });

  test('a written lo adds its addresses to these', () => {
    const written = { name: 'lo', addresses: ['127.0.0.1/8', '10.5.5.5/32'] };
    const { interfaces } = build({ interfaces: [ETH0, written] });
    expect(interfaces.map((one) => one.name)).toEqual(['lo', 'eth0']);
    const addresses = interfaces[0]?.addresses.map((one) => renderIpAddress(one.address));
    expect(addresses).toEqual(['127.0.0.1', '::1', '10.5.5.5']);
  });
});

describe('routes', () => {
  test.each([
    [
      'default has the family of its gateway',
      { to: 'default', via: '192.0.2.1' },
      ['0.0.0.0/0 eth0 main 0'],
    ],
    [
      'default has the IPv6 family of its gateway',
      { to: 'default', via: '2001:db8::1' },
      ['::/0 eth0 main 1024'],
    ],
    [
      'default without a gateway is of both families',
      { to: 'default', dev: 'eth0' },
      ['0.0.0.0/0 eth0 main 0', '::/0 eth0 main 1024'],
    ],
    [
      'tables have one spelling',
      { to: '10.0.0.0/8', dev: 'eth0', table: '254' },
      ['10.0.0.0/8 eth0 main 0'],
    ],
    [
      'tables of one’s own keep theirs',
      { to: '10.0.0.0/8', dev: 'eth0', table: '100' },
      ['10.0.0.0/8 eth0 100 0'],
    ],
    [
      'a local route is in table local by lo',
      { to: '10.0.0.0/8', type: 'local' as const },
      ['10.0.0.0/8 lo local 0'],
    ],
    ['a metric stays', { to: 'fd00::/8', dev: 'eth0', metric: 7 }, ['fd00::/8 eth0 main 7']],
  ])('%s', (_name, written, wanted) => {
    expect(routesOf(build({ interfaces: [ETH0], routes: [written] }))).toEqual(wanted);
  });

  test('a gateway is by the interface with the narrowest subnet that holds it', () => {
    const wide = { name: 'eth1', addresses: ['192.0.0.1/16'] };
    const host = build({
      interfaces: [wide, ETH0],
      routes: [{ to: '10.0.0.0/8', via: '192.0.2.1' }],
    });
    expect(routesOf(host)).toEqual(['10.0.0.0/8 eth0 main 0']);
  });

  test.each([
    ['an unknown interface', { to: '10.0.0.0/8', dev: 'eth9' }, 'unknown-reference', 'eth9'],
    [
      'a gateway on no subnet',
      { to: '10.0.0.0/8', via: '10.1.1.1' },
      'unknown-reference',
      '10.1.1.1',
    ],
    ['neither gateway nor interface', { to: '10.0.0.0/8' }, 'missing-field', '10.0.0.0/8'],
  ])('%s is a problem', (_name, written, code, part) => {
    const error = caught(() => build({ interfaces: [ETH0], routes: [written] }));
    expect(error.problems).toMatchObject([{ code, message: expect.stringContaining(part) }]);
  });
});

function caught(action: () => unknown): InputError {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('rules', () => {
  test('are the kernel’s own where none is written', () => {
    const host = build({ interfaces: [ETH0] });
    expect(rulesOf(host, 4)).toEqual(['0 local', '32766 main', '32767 default']);
    expect(rulesOf(host, 6)).toEqual(['0 local', '32766 main']);
  });

  test('stand between the kernel’s own by priority', () => {
    const host = build({
      rules: [
        { priority: 200, table: '7' },
        { priority: 100, table: '8' },
      ],
    });
    expect(rulesOf(host, 6)).toEqual(['0 local', '100 8', '200 7', '32766 main']);
  });

  test('without a priority come before all but the first, the latest first', () => {
    const host = build({
      rules: [
        { table: '7', family: 6 },
        { table: '8', family: 6 },
      ],
    });
    expect(rulesOf(host, 6)).toEqual(['0 local', '32764 8', '32765 7', '32766 main']);
  });

  test('as `ip rule` printed them are complete', () => {
    const rules = [
      { priority: 100, table: 'local', family: 4 as const },
      { priority: 32766, table: 'main', family: 4 as const },
    ];
    expect(rulesOf(build({ rules }), 4)).toEqual(['100 local', '32766 main']);
    expect(rulesOf(build({ rules }), 6)).toEqual(['0 local', '32766 main']);
  });

  test('with an address are of its family', () => {
    const host = build({ rules: [{ priority: 5, from: '2001:db8::/32', table: '7' }] });
    expect(rulesOf(host, 4)).not.toContain('5 7');
    expect(rulesOf(host, 6)).toContain('5 7');
  });

  test('take a mark with and without its mask', () => {
    const { rules } = build({
      rules: [
        { priority: 5, fwmark: '0x10/0xff', family: 4 },
        { priority: 6, fwmark: '16', family: 4 },
      ],
    });
    expect(rules.find((one) => one.priority === 5)?.fwmark).toEqual({ value: 16, mask: 255 });
    expect(rules.find((one) => one.priority === 6)?.fwmark).toEqual({
      value: 16,
      mask: 0xffffffff,
    });
  });
});
