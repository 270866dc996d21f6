import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { textUpTo } from '../option/text-codecs.ts';

/** `-m comment`, which every packet meets, where it is not the last match of its rule or no plain comment; that one is the rule's `comment`. */
export interface CommentMatch {
  readonly kind: 'comment';
  readonly text: string;
}

// The kernel has room for 255 bytes; the tools cut a longer one without a word.
const WHOLE_COMMENT = textUpTo(255);

/** Reads, checks and writes `-m comment --comment "why"`. */
export const commentMatch: TableDefinition<CommentMatch> = optionTable(
  { kind: 'comment', name: 'comment', load: '-m' },
  ({ value }) => [
    value('--comment', 'text', { ...WHOLE_COMMENT, parse: cutComment }, { required: true }),
  ],
);

/** The comment as iptables keeps it: 255 bytes at most, with a character that is cut through left out. */
function cutComment(text: string): string | undefined {
  // A character has three bytes at most.
  if (text.length <= 85) return WHOLE_COMMENT.parse(text, 4);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= 255) return WHOLE_COMMENT.parse(text, 4);
  const cut = new TextDecoder().decode(bytes.subarray(0, 255)).replace(/\ufffd+$/, '');
  return WHOLE_COMMENT.parse(cut, 4);
}
