import { IP_PROTOCOL } from '../address/protocol.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import { allowTarget, type CompileContext, denyTarget, denyWord } from './compile-context.ts';
import { addressBlocks } from './ip-sets.ts';
import { DROP, inSet, isLocal, NOTRACK, ofProtocol, rule, withPort } from './rule-parts.ts';

const MEANING = { kind: 'tunnel' } as const;

/** Lets the hosts' own tunnels in before any endpoint's policy, and nobody else's. Source: `calico-semantics` 5.6, c and d. */
export function tunnelInputRules(context: CompileContext): readonly Rule[] {
  const allow = allowTarget(context, 'filter');
  const deny = denyTarget(context, 'filter');
  const rules: Rule[] = [];
  if (hasIpip(context)) {
    const ipip = ofProtocol(IP_PROTOCOL.ipip);
    const fromHosts = inSet('source', allHosts(context));
    rules.push(
      rule([ipip, fromHosts, isLocal('destination')], allow, {
        words: 'Allow IPIP packets from Calico hosts',
        meaning: MEANING,
      }),
      rule([ipip], deny, {
        words: `${denyWord(context, 'filter')} IPIP packets from non-Calico hosts`,
        meaning: MEANING,
      }),
    );
  }
  if (hasVxlan(context)) {
    const fromHosts = inSet('source', allHosts(context));
    // Felix's rule for IPv4 drops even where denied packets are rejected.
    const refuse = context.family === 4 ? DROP : deny;
    rules.push(
      rule([...vxlan(context), fromHosts, isLocal('destination')], allow, {
        words: 'Allow VXLAN packets from allowed hosts',
        meaning: MEANING,
      }),
      rule([...vxlan(context), isLocal('destination')], refuse, {
        words: `${refuse === DROP ? 'Drop' : 'Reject'} VXLAN packets from non-allowed hosts`,
        meaning: MEANING,
      }),
    );
  }
  return rules;
}

/** Lets the host's own tunnels out. Source: `calico-semantics` 5.9. */
export function tunnelOutputRules(context: CompileContext): readonly Rule[] {
  const allow = allowTarget(context, 'filter');
  const rules: Rule[] = [];
  if (hasIpip(context)) {
    const toHosts = inSet('destination', allHosts(context));
    rules.push(
      rule([ofProtocol(IP_PROTOCOL.ipip), toHosts, isLocal('source')], allow, {
        words: 'Allow IPIP packets to other Calico hosts',
        meaning: MEANING,
      }),
    );
  }
  if (hasVxlan(context)) {
    const toHosts = inSet('destination', allHosts(context));
    rules.push(
      rule([...vxlan(context), toHosts, isLocal('source')], allow, {
        words: 'Allow VXLAN packets to other allowed hosts',
        meaning: MEANING,
      }),
    );
  }
  return rules;
}

/** Keeps VXLAN off connection tracking, where the version does. Source: `calico-semantics` 5.1 and 5.2. */
export function tunnelRawRules(context: CompileContext): readonly Rule[] {
  if (!context.facts.vxlanUntracked || !hasVxlan(context)) return [];
  return [rule(vxlan(context), NOTRACK)];
}

function hasIpip({ config, family }: CompileContext): boolean {
  return config.ipipEnabled && family === 4;
}

function hasVxlan({ config, facts, family }: CompileContext): boolean {
  return facts.vxlan && config.vxlanEnabled && (family === 4 || facts.vxlanIpv6);
}

function vxlan({ config }: CompileContext): readonly Match[] {
  return [ofProtocol(IP_PROTOCOL.udp), withPort('destination', config.vxlanPort)];
}

function allHosts({ sets, policy }: CompileContext): string {
  return sets.nameOfOwnSet(
    'all-hosts',
    'addresses of all hosts',
    addressBlocks(policy.hostAddresses),
  );
}
