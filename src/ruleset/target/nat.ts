import type { IpAddress } from '../../address/ip-address.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { Definition, RuleContext } from '../definition.ts';
import { isUnsigned } from '../restore-text.ts';
import { renderStoredAddress } from '../stored-address.ts';
import { faultOfNatTable } from './nat-checks.ts';

/** `DNAT --to-destination`; nat PREROUTING and OUTPUT. Without `port` the port stays. */
export interface DnatTarget {
  readonly kind: 'dnat';
  readonly address: IpAddress;
  readonly port: number | undefined;
}

/** `SNAT --to-source`; nat POSTROUTING and INPUT. */
export interface SnatTarget {
  readonly kind: 'snat';
  readonly address: IpAddress;
  readonly port: number | undefined;
}

/** `MASQUERADE`; nat POSTROUTING. */
export interface MasqueradeTarget {
  readonly kind: 'masquerade';
  readonly randomFully: boolean;
}

function validateTranslation(
  { address, port }: DnatTarget | SnatTarget,
  context: RuleContext,
): string | undefined {
  if (address.family !== context.family) {
    return `an IPv${context.family} rule cannot translate to ${renderStoredAddress(address)}`;
  }
  if (port !== undefined && !isUnsigned(port, 65535)) return `port ${port}`;
  if (port !== undefined && (context.protocol === undefined || !hasPorts(context.protocol))) {
    return 'a port to translate to needs the rule to match a protocol that has ports';
  }
  return faultOfNatTable(context);
}

function renderTranslation({ address, port }: DnatTarget | SnatTarget): string {
  const text = renderStoredAddress(address);
  if (port === undefined) return text;
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}

/** Checks and writes `-j DNAT --to-destination 10.65.0.2:8080`. */
export const dnatTarget: Definition<DnatTarget> = {
  kind: 'dnat',
  validate: validateTranslation,
  render: (target) => `-j DNAT --to-destination ${renderTranslation(target)}`,
};

/** Checks and writes `-j SNAT --to-source 192.0.2.10`. */
export const snatTarget: Definition<SnatTarget> = {
  kind: 'snat',
  validate: validateTranslation,
  render: (target) => `-j SNAT --to-source ${renderTranslation(target)}`,
};

/** Checks and writes `-j MASQUERADE`. */
export const masqueradeTarget: Definition<MasqueradeTarget> = {
  kind: 'masquerade',
  validate: (_target, context) => faultOfNatTable(context),
  render: ({ randomFully }) => `-j MASQUERADE${randomFully ? ' --random-fully' : ''}`,
};
