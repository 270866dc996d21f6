import type { IpFamily } from '../../address/ip-address.ts';

/** How the value of an option is read and written. */
export interface Codec<Value> {
  /** Undefined for text that the tools would refuse; `text` is without quotes. */
  readonly parse: (text: string, family: IpFamily) => Value | undefined;
  /** As iptables-save prints it, quoted where it would be. */
  readonly render: (value: Value, family: IpFamily) => string;
  /** What the text must be, for messages: `a number from 0 to 255`. */
  readonly wanted: string;
  /** Whether the value can be written; where absent, whether its text can be read back. */
  readonly accepts?: (value: Value, family: IpFamily) => boolean;
}

/** Whether a value can be written and would be read as the same kind of value. */
export function canWrite<Value>(codec: Codec<Value>, value: Value, family: IpFamily): boolean {
  return codec.accepts !== undefined
    ? codec.accepts(value, family)
    : codec.parse(codec.render(value, family), family) !== undefined;
}

/** A value with `!` before its option or not. */
export interface Negatable<Value> {
  readonly value: Value;
  readonly negated: boolean;
}
