import { parseCidr } from '../address/cidr.ts';
import { parsePort } from '../address/port-range.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { FailsafePort } from './felix-config.ts';

/** The ports, or the first thing that is wrong with the list. */
export type ParsedFailsafePorts =
  | { readonly kind: 'ports'; readonly ports: readonly FailsafePort[] }
  | { readonly kind: 'error'; readonly message: string; readonly hint: string };

/** Which forms of items are understood beside the oldest. */
export interface FailsafeSyntax {
  readonly nets: boolean;
  /** FelixConfiguration's validator lets SCTP through; the parser of the environment does not. */
  readonly sctp: boolean;
}

/** `tcp:[fd00::/8]:22`: what stands before the brackets, in them, and after. */
const BRACKETED_NET = /^([^[\]]*):\[([^[\]]*)\]:([^[\]]*)$/;

/**
 * Parses a list of failsafe ports as Felix does: items between commas, blanks around them dropped, empty items skipped.
 *
 * An item is `22` (TCP), `udp:68`, or, with `nets`, `tcp:10.0.0.0/8:22` and `tcp:[fd00::/8]:22`. The words `none` and the empty
 * text are not handled here: they mean something to every parameter.
 *
 * Source: `calico-semantics` 6; felix/config/param_types.go, PortListParam.
 */
export function parseFailsafePorts(text: string, syntax: FailsafeSyntax): ParsedFailsafePorts {
  const ports: FailsafePort[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const parsed = parseItem(item, syntax);
    if (typeof parsed === 'string') {
      return {
        kind: 'error',
        message: parsed,
        hint: syntax.nets
          ? 'Write `22`, `udp:68`, `tcp:10.0.0.0/8:22` or `tcp:[fd00::/8]:22`, separated by commas.'
          : 'Write `22` or `udp:68`, separated by commas.',
      };
    }
    ports.push(parsed);
  }
  return { kind: 'ports', ports };
}

/** The port, or what is wrong with the item. */
function parseItem(item: string, { nets, sctp }: FailsafeSyntax): FailsafePort | string {
  const parts = splitItem(item);
  if (parts === undefined || parts.length > (nets ? 3 : 2)) {
    return `\`${item}\` is not a failsafe port`;
  }
  const protocol =
    parts.length === 1 ? IP_PROTOCOL.tcp : failsafeProtocol(parts[0] as string, sctp);
  if (protocol === undefined) return `unknown protocol in failsafe port \`${item}\``;
  const portText = parts[parts.length - 1] as string;
  const port = parsePort(portText);
  if (port === undefined) return `\`${portText}\` is not a port, in failsafe port \`${item}\``;
  if (parts.length < 3) return { protocol, port, net: undefined };
  const net = parseCidr(parts[1] as string);
  if (net === undefined) return `\`${parts[1]}\` is not a CIDR, in failsafe port \`${item}\``;
  return { protocol, port, net };
}

function splitItem(item: string): readonly string[] | undefined {
  if (!item.includes('[') && !item.includes(']')) return item.split(':');
  return BRACKETED_NET.exec(item)?.slice(1);
}

function failsafeProtocol(text: string, sctp: boolean): number | undefined {
  switch (text.toLowerCase()) {
    case 'tcp':
      return IP_PROTOCOL.tcp;
    case 'udp':
      return IP_PROTOCOL.udp;
    case 'sctp':
      return sctp ? IP_PROTOCOL.sctp : undefined;
    default:
      return undefined;
  }
}
