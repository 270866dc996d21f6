import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { isSetName, readSetWords, type SetDirection } from '../match/set.ts';
import type { GivenOptions } from '../option/given-options.ts';
import { numberUpTo } from '../option/number-codecs.ts';

/** A set and what of the packet is its element. */
export interface SetReference {
  readonly set: string;
  readonly directions: readonly SetDirection[];
}

/** `SET`: puts elements of the packet into sets, takes them out, or takes over what an element carries; evaluation goes on. */
export interface SetTarget {
  readonly kind: 'set';
  readonly add: SetReference | undefined;
  readonly delete: SetReference | undefined;
  readonly map: SetReference | undefined;
  /** An element that is there gets its timeout anew. */
  readonly exist: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly mapMark: boolean;
  readonly mapPriority: boolean;
  readonly mapQueue: boolean;
}

const TIMEOUT = numberUpTo(0xffffffff);

/** Reads, checks and writes `-j SET --add-set seen src --exist --timeout 60`. */
export const setTarget: Definition<SetTarget> & Extension<SetTarget> = {
  kind: 'set',
  validate: (target) => {
    const references = [target.add, target.delete, target.map].filter((one) => one !== undefined);
    if (references.length === 0) return 'SET without a set';
    return references.every(({ set, directions }) => isSetName(set) && isCount(directions.length))
      ? undefined
      : 'a set that ipset cannot have';
  },
  render: (target) =>
    [
      '-j SET',
      ...renderReference('--add-set', target.add),
      ...(target.exist ? ['--exist'] : []),
      ...(target.timeoutSeconds === undefined ? [] : [`--timeout ${target.timeoutSeconds}`]),
      ...renderReference('--del-set', target.delete),
      ...renderReference('--map-set', target.map),
      ...(target.mapMark ? ['--map-mark'] : []),
      ...(target.mapPriority ? ['--map-prio'] : []),
      ...(target.mapQueue ? ['--map-queue'] : []),
    ].join(' '),
  name: 'SET',
  options: [
    { flag: '--add-set', words: 2 },
    { flag: '--del-set', words: 2 },
    { flag: '--map-set', words: 2 },
    { flag: '--timeout', words: 1 },
    { flag: '--exist', words: 0 },
    { flag: '--map-mark', words: 0 },
    { flag: '--map-prio', words: 0 },
    { flag: '--map-queue', words: 0 },
  ],
  parse: (given, context) => {
    const timeout = given.find('--timeout');
    const target: SetTarget = {
      kind: 'set',
      add: readReference('--add-set', given, context),
      delete: readReference('--del-set', given, context),
      map: readReference('--map-set', given, context),
      exist: given.has('--exist'),
      timeoutSeconds: timeout && readValue(given, timeout, TIMEOUT, context),
      mapMark: given.has('--map-mark'),
      mapPriority: given.has('--map-prio'),
      mapQueue: given.has('--map-queue'),
    };
    const problem = setTarget.validate(target, context);
    if (problem !== undefined) throw given.refusal(problem);
    return [target];
  },
};

function isCount(directions: number): boolean {
  return directions > 0 && directions <= 6;
}

function renderReference(flag: string, reference: SetReference | undefined): string[] {
  return reference === undefined
    ? []
    : [`${flag} ${reference.set} ${reference.directions.join(',')}`];
}

function readReference(
  flag: string,
  given: GivenOptions,
  context: RuleContext,
): SetReference | undefined {
  const option = given.find(flag);
  return option && readSetWords(given, option, context);
}
