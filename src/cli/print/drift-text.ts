import type { Drift } from '../../apply/find-drift.ts';

/** One difference between the kernel and what was applied, in words; with what it does to packets, where that is known. */
export function driftText(drift: Drift, effect: string | undefined): string {
  const words = plainText(drift);
  return effect === undefined ? words : `${words}: ${effect}`;
}

function plainText(drift: Drift): string {
  if (!('table' in drift)) return setDriftText(drift);
  const { family, table, chain } = drift;
  const where = `${chain} (IPv${family} ${table})`;
  switch (drift.kind) {
    case 'rule-gone':
      return `rule ${drift.index} of ${where} is gone (${drift.text})`;
    case 'rule-added':
      return `rule ${drift.index} of ${where} is not of the last apply (${drift.text})`;
    case 'chain-gone':
      return `chain ${where} is gone, with ${drift.rules} rules`;
    case 'chain-added':
      return `chain ${where} is not of the last apply`;
    case 'rule-misplaced':
      return `our rule in ${where} does not stand where it was put: ${drift.others} rules of others are on its wrong side: ${drift.text}`;
  }
}

function setDriftText(drift: Exclude<Drift, { readonly table: unknown }>): string {
  switch (drift.kind) {
    case 'set-gone':
      return `set ${drift.set} is gone`;
    case 'set-added':
      return `set ${drift.set} is not of the last apply`;
    case 'member-gone':
      return `${drift.member} is gone from set ${drift.set}`;
    case 'member-added':
      return `${drift.member} in set ${drift.set} is not of the last apply`;
  }
}
