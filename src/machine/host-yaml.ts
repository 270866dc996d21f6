import { Document, isCollection, isMap, isPair, isScalar, Scalar, visit } from 'yaml';
import type { Missing } from './host-spec.ts';
import type { HostDocumentData } from './inspect-machine.ts';

/** A Host document as people write it: an interface, a route and a rule a line, what tools printed as it is. */
export function renderHostYaml(data: HostDocumentData, missing: readonly Missing[]): string {
  const document = new Document(data);
  document.commentBefore = [
    ' What this machine is like, as `hepsim inspect` saw it.',
    ...missing.map(({ what, why }) => ` Missing: ${what} (${printable(why)}).`),
  ].join('\n');
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && node.value.includes('\n')) {
        node.type = Scalar.BLOCK_LITERAL;
      }
    },
    Seq: (_key, node) => {
      for (const item of node.items) if (isCollection(item)) item.flow = true;
    },
    Pair: (_key, { key, value }) => {
      if (isScalar(key) && key.value === 'metadata' && isMap(value)) value.flow = true;
      // A list of addresses is part of its line.
      if (isPair(value)) return visit.SKIP;
      return undefined;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a program said must stay within its comment
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
