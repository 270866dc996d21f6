import type { IpFamily } from '../address/ip-address.ts';
import type { TableName } from './hook.ts';

/** What a match or target must know of the rule that it stands in. */
export interface RuleContext {
  readonly family: IpFamily;
  /** Undefined where the rule is looked at alone. */
  readonly table: TableName | undefined;
  /** The protocol that the rule matches, not negated. */
  readonly protocol: number | undefined;
}

/**
 * How one kind of match or target is checked and written.
 *
 * `validate` says what the kernel or the restore tools would refuse, lower case without a full stop; undefined when nothing. `render` is the
 * stored form that iptables-save prints, and may rely on a value that `validate` has passed.
 */
export interface Definition<Value extends { readonly kind: string }> {
  readonly kind: Value['kind'];
  readonly validate: (value: Value, context: RuleContext) => string | undefined;
  readonly render: (value: Value, context: RuleContext) => string;
}
