import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { textUpTo } from '../option/text-codecs.ts';

/** `-m comment`, which every packet meets, where it is not the last match of its rule or no plain comment; that one is the rule's `comment`. */
export interface CommentMatch {
  readonly kind: 'comment';
  readonly text: string;
}

/** Reads, checks and writes `-m comment --comment "why"`. */
export const commentMatch: TableDefinition<CommentMatch> = optionTable(
  { kind: 'comment', name: 'comment', load: '-m' },
  ({ value }) => [
    // The kernel has room for 255 bytes; the tools cut a longer one without a word.
    value('--comment', 'text', { ...textUpTo(255), parse: cutComment }, { required: true }),
  ],
);

/** The comment as iptables keeps it: 255 bytes at most, with a character that is cut through left out. */
function cutComment(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= 255) return textUpTo(255).parse(text, 4);
  const cut = new TextDecoder().decode(bytes.subarray(0, 255)).replace(/\ufffd+$/, '');
  return textUpTo(255).parse(cut, 4);
}
