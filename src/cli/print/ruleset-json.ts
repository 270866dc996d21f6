import { type Cidr, renderCidr } from '../../address/cidr.ts';
import { type IpAddress, renderIpAddress } from '../../address/ip-address.ts';
import { renderRule } from '../../ruleset/render-ruleset.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';

/** A ruleset as plain data: addresses and blocks as text, every rule with its text, number and origin. */
export function rulesetToJson(ruleset: Ruleset): Record<string, unknown> {
  const { family, tables, ipSets } = ruleset;
  return {
    family,
    tables: tables.map(({ name, chains }) => ({
      name,
      chains: chains.map((chain) => chainToJson(chain, family)),
    })),
    ipSets: plain(ipSets),
  };
}

function chainToJson(chain: Chain, family: 4 | 6): unknown {
  const { rules, ...about } = chain;
  return {
    ...(plain(about) as Record<string, unknown>),
    rules: rules.map((rule, index) => ({
      number: index + 1,
      text: renderRule(rule, family),
      ...(plain(rule) as Record<string, unknown>),
    })),
  };
}

/** The value with addresses and blocks as text, and without what is undefined. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('w3' in value) return renderIpAddress(value as IpAddress);
  if ('prefixLength' in value) return renderCidr(value as Cidr);
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([key, part]) => [key, plain(part)]));
}
