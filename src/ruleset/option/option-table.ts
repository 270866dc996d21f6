import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, type OptionShape, readValue } from '../extension.ts';
import { not } from '../restore-text.ts';
import { type Codec, canWrite, type Negatable } from './codec.ts';
import type { GivenOptions } from './given-options.ts';

/** One option and the field that holds it. */
export interface FieldOption<Value> {
  readonly shape: OptionShape;
  readonly field: keyof Value & string;
  readonly isRequired: boolean;
  readonly parse: (given: GivenOptions, context: RuleContext) => unknown;
  /** Empty where the option is not there. */
  readonly render: (held: unknown, context: RuleContext) => string;
  readonly canWrite: (held: unknown, context: RuleContext) => boolean;
}

/** What an option may be beside its value. */
export interface OptionTraits<Value> {
  readonly aliases?: readonly string[];
  readonly required?: boolean;
  /** What the field holds when the option is not given; then it is not printed either. */
  readonly otherwise?: Value;
}

/** Makes the options of a kind, with fields and codecs that fit together. */
export interface OptionMaker<Kind> {
  /** An option without a value; the field says whether it is there. */
  readonly flag: (
    flag: string,
    field: keyof Kind & string,
    aliases?: readonly string[],
  ) => FieldOption<Kind>;
  /** An option without a value that `!` may stand before: true, false with `!`, undefined where it is not there. */
  readonly toggle: (
    flag: string,
    field: keyof Kind & string,
    aliases?: readonly string[],
  ) => FieldOption<Kind>;
  readonly value: <Field extends keyof Kind & string>(
    flag: string,
    field: Field,
    codec: Codec<NonNullable<Kind[Field]>>,
    traits?: OptionTraits<NonNullable<Kind[Field]>>,
  ) => FieldOption<Kind>;
  /** A value that `!` may stand before. */
  readonly negatable: <Field extends keyof Kind & string>(
    flag: string,
    field: Field,
    codec: Codec<NonNullable<Kind[Field]> extends Negatable<infer Value> ? Value : never>,
    traits?: OptionTraits<never>,
  ) => FieldOption<Kind>;
}

/** A definition that can also be read: a match or target whose options are a table. */
export type TableDefinition<Value extends { readonly kind: string }> = Definition<Value> &
  Extension<Value>;

/** What a kind is loaded with, and what it asks beyond its options. */
export interface TableTraits<Value> {
  readonly kind: string;
  /** The word behind `-m` or `-j`; by family where they differ. */
  readonly name: string;
  readonly load: '-m' | '-j';
  /** What the options or the rule make impossible; undefined when nothing. */
  readonly check?: (value: Value, context: RuleContext) => string | undefined;
}

/**
 * The definition of a kind whose fields are its options. Options are printed in the order of the table.
 */
export function optionTable<Value extends { readonly kind: string }>(
  traits: TableTraits<Value>,
  makeOptions: (maker: OptionMaker<Value>) => readonly FieldOption<Value>[],
): TableDefinition<Value> {
  const options = makeOptions(optionMaker<Value>());
  const check = traits.check ?? (() => undefined);
  return {
    kind: traits.kind,
    name: traits.name,
    options: options.map(({ shape }) => shape),
    validate: (value, context) => {
      for (const option of options) {
        const held = value[option.field];
        if (held === undefined ? option.isRequired : !option.canWrite(held, context)) {
          return `${traits.name} with a ${option.field} that iptables cannot take`;
        }
      }
      return check(value, context);
    },
    render: (value, context) => {
      const parts = [`${traits.load} ${traits.name}`];
      for (const option of options) {
        const text = option.render(value[option.field], context);
        if (text !== '') parts.push(text);
      }
      return parts.join(' ');
    },
    parse: (given, context) => {
      const fields: Record<string, unknown> = { kind: traits.kind };
      for (const option of options) {
        // Several options may fill one field; the one that is there does.
        const held = option.parse(given, context);
        if (held !== undefined || !(option.field in fields)) fields[option.field] = held;
      }
      for (const { isRequired, field, shape } of options) {
        if (isRequired && fields[field] === undefined) given.get(shape.flag);
      }
      // The table's type ties each field to its option; that cannot be followed through the loop.
      const value = fields as unknown as Value;
      const problem = check(value, context);
      if (problem !== undefined) throw given.refusal(problem);
      return [value];
    },
  };
}

function optionMaker<Kind>(): OptionMaker<Kind> {
  return {
    flag: (flag, field, aliases = []) => ({
      shape: { flag, aliases, words: 0 },
      field,
      isRequired: false,
      parse: (given) => given.has(flag),
      render: (held) => (held === true ? flag : ''),
      canWrite: () => true,
    }),
    toggle: (flag, field, aliases = []) => ({
      shape: { flag, aliases, words: 0, negatable: true },
      field,
      isRequired: false,
      parse: (given) => (given.has(flag) ? !given.isNegated(flag) : undefined),
      render: (held) => (held === undefined ? '' : `${not(held === false)}${flag}`),
      canWrite: () => true,
    }),
    value: (flag, field, codec, { aliases = [], required = false, otherwise } = {}) => ({
      shape: { flag, aliases, words: 1 },
      field,
      isRequired: required,
      parse: (given, context) => {
        const option = given.find(flag);
        return option === undefined ? otherwise : readValue(given, option, codec, context);
      },
      render: (held, { family }) =>
        held === undefined || held === otherwise
          ? ''
          : `${flag} ${codec.render(held as Parameters<typeof codec.render>[0], family)}`,
      canWrite: (held, { family }) =>
        canWrite(codec, held as Parameters<typeof codec.render>[0], family),
    }),
    negatable: (flag, field, codec, { aliases = [], required = false } = {}) => ({
      shape: { flag, aliases, words: 1, negatable: true },
      field,
      isRequired: required,
      parse: (given, context) => {
        const option = given.find(flag);
        if (option === undefined) return undefined;
        return { value: readValue(given, option, codec, context), negated: option.negated };
      },
      render: (held, { family }) => {
        if (held === undefined) return '';
        const { value, negated } = held as Negatable<Parameters<typeof codec.render>[0]>;
        return `${not(negated)}${flag} ${codec.render(value, family)}`;
      },
      canWrite: (held, { family }) =>
        canWrite(codec, (held as Negatable<Parameters<typeof codec.render>[0]>).value, family),
    }),
  };
}
