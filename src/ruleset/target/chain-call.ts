import type { Definition } from '../definition.ts';

/** `-j chain`: when the chain ends, evaluation goes on behind this rule. */
export interface JumpTarget {
  readonly kind: 'jump';
  readonly chain: string;
}

/** `-g chain`: when the chain ends, evaluation goes on behind the rule that called this rule's chain. */
export interface GotoTarget {
  readonly kind: 'goto';
  readonly chain: string;
}

/** The longest chain name in bytes that iptables takes. */
const CHAIN_NAME_LENGTH = 28;

/** Words that iptables would read as a target, not as a chain. */
const TARGET_NAMES = new Set(['ACCEPT', 'DROP', 'QUEUE', 'RETURN']);

/** Whether both builds of iptables take the name for a user chain, and a restore file holds it as one word. */
export function isChainName(name: string): boolean {
  return (
    /^[A-Za-z0-9_.:/@+=%^~][A-Za-z0-9_.:/@+=%^~-]*$/.test(name) &&
    name.length <= CHAIN_NAME_LENGTH &&
    !TARGET_NAMES.has(name)
  );
}

function validateChain({ chain }: { readonly chain: string }): string | undefined {
  return isChainName(chain) ? undefined : 'a chain name that iptables cannot take';
}

/** Checks and writes `-j chain`. */
export const jumpTarget: Definition<JumpTarget> = {
  kind: 'jump',
  validate: validateChain,
  render: ({ chain }) => `-j ${chain}`,
};

/** Checks and writes `-g chain`. */
export const gotoTarget: Definition<GotoTarget> = {
  kind: 'goto',
  validate: validateChain,
  render: ({ chain }) => `-g ${chain}`,
};
