import type { ResolvedPolicy } from '../policy/node-policy.ts';
import { LOG_PREFIX_LENGTH } from '../ruleset/target/log.ts';
import type { CompileContext } from './compile-context.ts';

/** What a log prefix can say of the policy or profile that logs. */
export interface LoggedFields {
  readonly tier: string;
  readonly kind: string;
  /** `namespace/name` where namespaced. */
  readonly fullName: string;
}

/** The short names of kinds that Felix logs. */
const KINDS: Readonly<Record<ResolvedPolicy['kind'], string>> = {
  GlobalNetworkPolicy: 'gnp',
  NetworkPolicy: 'np',
  KubernetesNetworkPolicy: 'knp',
  policy: 'gnp',
};

/** What the log prefix of a policy's rules can say. */
export function loggedPolicy({ kind, tier, name }: ResolvedPolicy): LoggedFields {
  return { tier, kind: KINDS[kind], fullName: name };
}

/** What the log prefix of a profile's rules can say; profiles are in no tier. */
export function loggedProfile(name: string): LoggedFields {
  return { tier: '', kind: 'pro', fullName: name };
}

/** The prefix of a rule's LOG, with a colon and a blank behind it as Felix writes; what LOG has no room for is cut. */
export function logPrefix(fields: LoggedFields, { config, facts }: CompileContext): string {
  const values: Readonly<Record<string, string>> = {
    '%t': fields.tier,
    '%k': fields.kind,
    '%n': fields.fullName.slice(fields.fullName.indexOf('/') + 1),
    '%p': fields.fullName,
  };
  const prefix = facts.logPrefixFields
    ? config.logPrefix.replace(/%[tknp]/g, (field) => values[field] ?? field)
    : config.logPrefix;
  return `${prefix.replace(/[^ -~]/g, '?').slice(0, LOG_PREFIX_LENGTH - 2)}: `;
}
