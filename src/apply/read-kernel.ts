import { readFileSync } from 'node:fs';
import type { KernelTools, SavedTexts } from './kernel-tools.ts';
import type { OwnState } from './own-state.ts';
import { type ForeignUse, type KernelRules, parseSavedRules } from './parse-rule-text.ts';
import { parseSets } from './parse-set-text.ts';

/** What a kernel holds, as far as it concerns us. */
export interface KernelState {
  readonly own: OwnState;
  readonly foreignUses: readonly ForeignUse[];
  /** Rules and chains of others in the build. */
  readonly foreignCount: number;
  /** What the programs printed, the rules of others with it. */
  readonly saved: SavedTexts;
}

/** Reads the rules of one build, and all sets. @throws KernelError */
export function readKernel(tools: KernelTools): KernelState {
  return parseSaved(tools.save());
}

/** What texts of the save programs say. */
export function parseSaved({ rules, sets }: SavedTexts): KernelState {
  const [v4, v6] = [rules[4], rules[6]].map((text) => parseSavedRules(text, protocolNumber)) as [
    KernelRules,
    KernelRules,
  ];
  return {
    own: { tables: { 4: v4.own, 6: v6.own }, sets: parseSets(sets) },
    foreignUses: [...v4.foreignUses, ...v6.foreignUses],
    foreignCount: v4.foreignCount + v6.foreignCount,
    saved: { rules, sets },
  };
}

let protocols: ReadonlyMap<string, number> | undefined;

/** The number that this machine gives a protocol's name; the save tools print names from there. */
export function protocolNumber(name: string): number | undefined {
  protocols ??= readProtocols();
  return protocols.get(name);
}

function readProtocols(): ReadonlyMap<string, number> {
  let text = '';
  try {
    text = readFileSync('/etc/protocols', 'utf8');
  } catch {
    // Without the file the save tools print numbers.
  }
  const numbers = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = /^([^\s#]+)\s+(\d+)\b/.exec(line);
    if (found !== null) numbers.set(found[1] as string, Number(found[2]));
  }
  return numbers;
}
