import type { IpAddress } from '../../address/ip-address.ts';
import { InputError } from '../../source/errors.ts';
import type { Problem, Report } from '../../source/problem.ts';
import type { ElementPart, IpSet, IpSetMember } from '../ip-set.ts';
import { isSetName } from '../match/set.ts';
import { RefusedRule } from '../option/given-options.ts';
import { findIpSetType } from './ip-set-types.ts';
import { expandElement, memberOf } from './set-element.ts';
import { readAddOptions, readCreateOptions } from './set-options.ts';
import { columnOfSetWord, splitSetWords } from './set-words.ts';
import { placeIn, type TextOrigin } from './text-origin.ts';

/** How many elements ipset lets a set have unless told otherwise. */
const DEFAULT_MAXELEM = 65536;

/** How many elements all sets of a text may have together, so that one line cannot take all memory. */
const MOST_ELEMENTS = 2 ** 21;

/**
 * Reads what `ipset save` prints, or what `ipset restore` takes.
 *
 * @throws InputError with every line that ipset would refuse.
 */
export function parseIpsetSave(text: string, origin: TextOrigin): readonly IpSet[] {
  const problems: Problem[] = [];
  const sets = readIpsetSave(text, origin, (problem) => problems.push(problem));
  if (problems.some(({ severity }) => severity === 'error')) throw new InputError(problems);
  return sets;
}

/** The same, with what is wrong reported; elements that could not be read are not there then. */
export function readIpsetSave(text: string, origin: TextOrigin, report: Report): readonly IpSet[] {
  return new SetReader(origin, report).read(text);
}

/** A set that is being read; members by the text of their element. */
interface SetDraft {
  readonly set: IpSet;
  members: Map<string, IpSetMember>;
}

const COMMANDS: Readonly<Record<string, string>> = {
  '-N': 'create',
  n: 'create',
  '-A': 'add',
  '-D': 'del',
  '-X': 'destroy',
  x: 'destroy',
  '-F': 'flush',
  '-E': 'rename',
  e: 'rename',
  '-W': 'swap',
  w: 'swap',
};

/** After so many errors the rest is not looked at: the text is something else. */
const MOST_ERRORS = 1000;

class SetReader {
  readonly #origin: TextOrigin;
  readonly #report: Report;
  #sets = new Map<string, SetDraft>();
  #elements = 0;
  #number = 0;
  #errors = 0;

  constructor(origin: TextOrigin, report: Report) {
    this.#origin = origin;
    this.#report = report;
  }

  read(text: string): readonly IpSet[] {
    let start = 0;
    while (start < text.length && this.#errors < MOST_ERRORS) {
      const found = text.indexOf('\n', start);
      const end = found < 0 ? text.length : found;
      this.#takeLine(text.slice(start, end));
      this.#number++;
      start = end + 1;
    }
    return [...this.#sets.values()].map(({ set, members }) => ({
      ...set,
      members: [...members.values()],
    }));
  }

  #takeLine(line: string): void {
    if (line === '' || line.startsWith('#')) return;
    const words = splitSetWords(line);
    if (words.length === 0) return;
    try {
      if (line.endsWith('\r'))
        throw new RefusedRule('the line ends in a carriage return', words.length - 1);
      this.#takeCommand(words);
    } catch (error) {
      if (!(error instanceof RefusedRule)) throw error;
      this.#errors++;
      const { indent = 0 } = this.#origin;
      const column = columnOfSetWord(line, error.at ?? 0);
      const { location, where } = placeIn(this.#origin, this.#number, column);
      this.#report({
        code: 'invalid-set',
        severity: 'error',
        message: `${error.message}${where}`,
        location,
        hint: error.hint,
        excerpt: `${' '.repeat(indent)}${line}`,
      });
    }
  }

  #takeCommand(words: readonly string[]): void {
    const [first = '', name = ''] = words;
    const word = first.replace(/^--/, '');
    const command = COMMANDS[word] ?? word;
    switch (command) {
      case 'create':
        this.#create(name, words);
        return;
      case 'add':
        this.#add(this.#get(name), words);
        return;
      case 'del':
        this.#delete(this.#get(name), words);
        return;
      case 'flush':
        for (const draft of name === '' ? this.#sets.values() : [this.#get(name)])
          draft.members.clear();
        return;
      case 'destroy':
        if (name === '') this.#sets.clear();
        else this.#sets.delete(this.#get(name).set.name);
        return;
      case 'rename':
      case 'swap':
        this.#exchange(command, name, words[2] ?? '');
        return;
      case 'COMMIT':
      case 'quit':
        return;
      default:
        throw new RefusedRule(`\`${first}\` is not a command that \`ipset save\` prints`, 0);
    }
  }

  #create(name: string, words: readonly string[]): void {
    if (!isSetName(name)) throw new RefusedRule(`\`${name}\` is not a name for a set`, 1);
    const type = findIpSetType(words[2] ?? '');
    if (type === undefined)
      throw new RefusedRule(`there is no type of set \`${words[2] ?? ''}\``, 2);
    const { family, options, exist } = readCreateOptions(words, type);
    if (this.#sets.has(name)) {
      if (exist) return;
      throw new RefusedRule(`set \`${name}\` is there already`, 1);
    }
    const set = { name, type, family, members: [], description: undefined, options };
    this.#sets.set(name, { set, members: new Map() });
  }

  #add(draft: SetDraft, words: readonly string[]): void {
    const { set, members } = draft;
    const { extras, exist, before, after } = readAddOptions(words, set);
    const isHash = set.type.startsWith('hash:');
    const most = isHash ? (set.options?.maxElements ?? DEFAULT_MAXELEM) : MOST_ELEMENTS;
    const bound = Math.min(most, MOST_ELEMENTS - this.#elements + members.size);
    for (const parts of expandElement(words[2] ?? '', set, { at: 2, most: bound })) {
      const member = memberOf(parts, set, extras);
      const key = keyOf(member);
      const isThere = members.has(key);
      if (isThere && !exist)
        throw new RefusedRule(`\`${words[2] ?? ''}\` is in the set already`, 2);
      if (!isThere && members.size >= bound) {
        throw new RefusedRule(`the set is full: it takes no more than ${bound} elements`, 2);
      }
      this.#checkElement(member, set);
      this.#elements += isThere ? 0 : 1;
      members.set(key, member);
      const neighbour = before ?? after;
      if (neighbour !== undefined) move(draft, key, neighbour, before !== undefined);
    }
  }

  #delete({ set, members }: SetDraft, words: readonly string[]): void {
    for (const parts of expandElement(words[2] ?? '', set, { at: 2, most: MOST_ELEMENTS })) {
      const key = keyOf(memberOf(parts, set, undefined));
      if (members.delete(key)) this.#elements--;
      else if (!words.includes('-exist'))
        throw new RefusedRule(`\`${words[2] ?? ''}\` is not in the set`, 2);
    }
  }

  /** What only the other sets, or the range of a bitmap, can tell to be wrong. */
  #checkElement(member: IpSetMember, { type, options }: IpSet): void {
    const [part] = member.kind === 'element' ? member.parts : [member];
    if (part?.kind === 'set' && !this.#sets.has(part.name)) {
      throw new RefusedRule(`there is no set \`${part.name}\``, 2);
    }
    const { range } = options ?? {};
    if (range === undefined) return;
    const value =
      part?.kind === 'net' ? part.cidr.network.w3 : part?.kind === 'port' ? part.port : range.first;
    const reach = part?.kind === 'net' ? 2 ** (32 - part.cidr.prefixLength) - 1 : 0;
    if (value + reach < range.first || value > range.last) {
      throw new RefusedRule(`the element is outside of the range of ${type}`, 2);
    }
  }

  #exchange(command: 'rename' | 'swap', from: string, to: string): void {
    const draft = this.#get(from);
    if (!isSetName(to)) throw new RefusedRule(`\`${to}\` is not a name for a set`, 2);
    const other = this.#sets.get(to);
    if ((other === undefined) !== (command === 'rename')) {
      const problem = other === undefined ? 'does not exist' : 'is there already';
      throw new RefusedRule(`set \`${to}\` ${problem}`, 2);
    }
    const renamed = { set: { ...draft.set, name: to }, members: draft.members };
    if (other !== undefined) {
      this.#sets.set(to, renamed);
      this.#sets.set(from, { set: { ...other.set, name: from }, members: other.members });
      return;
    }
    this.#sets = new Map(
      [...this.#sets].map(([name, one]) => (name === from ? [to, renamed] : [name, one])),
    );
  }

  #get(name: string): SetDraft {
    const draft = this.#sets.get(name);
    if (draft === undefined) throw new RefusedRule(`there is no set \`${name}\``, 1);
    return draft;
  }
}

/** The same for equal elements, other for others. */
function keyOf(member: IpSetMember): string {
  switch (member.kind) {
    case 'net':
      return keyOfPart(member);
    case 'address-port':
      return `${keyOfAddress(member.address)} ${member.protocol}:${member.port}`;
    case 'element':
      return member.parts.map(keyOfPart).join();
  }
}

function keyOfPart(part: ElementPart): string {
  switch (part.kind) {
    case 'net':
      return `${keyOfAddress(part.cidr.network)}/${part.cidr.prefixLength}`;
    case 'port':
      return `${part.protocol}:${part.port}`;
    case 'interface':
      return `${part.physical} ${part.name}`;
    case 'mark':
      return String(part.mark);
    // An address without a MAC address is the same element as one with it.
    case 'mac':
      return '';
    case 'set':
      return part.name;
  }
}

function keyOfAddress({ family, w0, w1, w2, w3 }: IpAddress): string {
  return family === 4 ? String(w3) : `${w0}:${w1}:${w2}:${w3}`;
}

/** Puts a member of a list before or behind another one. */
function move(draft: SetDraft, key: string, neighbour: string, before: boolean): void {
  const others = [...draft.members].filter(([name]) => name !== key);
  const at = others.findIndex(([name]) => name === neighbour);
  if (at < 0) throw new RefusedRule(`\`${neighbour}\` is not in the list`, 4);
  const moved = draft.members.get(key) as IpSetMember;
  others.splice(before ? at : at + 1, 0, [key, moved]);
  draft.members = new Map(others);
}
