import type { IpFamily } from '../address/ip-address.ts';
import type { NodePolicy } from '../policy/node-policy.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';

/** Compiles what the documents mean for a node into netfilter rules of one family. Deterministic. */
export function compilePolicy(_policy: NodePolicy, _family: IpFamily): Ruleset {
  throw new Error('compilePolicy is being written');
}
