import { createHash } from 'node:crypto';
import { type RuleFiles, renderRuleFiles } from '../../apply/rule-files.ts';
import type { NodeModel } from '../../scenario/node-model.ts';
import type { DocumentOptions } from '../common-options.ts';
import { type LoadedModel, loadModel } from '../load-model.ts';
import type { Terminal } from '../terminal.ts';

/** What is to be applied. */
export interface PolicyToApply extends LoadedModel {
  readonly files: RuleFiles;
  /** Of the documents' texts, whatever their order. */
  readonly documentsDigest: string;
}

/** Reads documents and compiles them for this machine. @throws InputError, UsageError */
export function loadPolicy(options: DocumentOptions, terminal: Terminal): PolicyToApply {
  return policyToApply(loadModel(options, terminal));
}

/** What a model comes to. */
export function policyToApply({ model, texts }: LoadedModel): PolicyToApply {
  return {
    model,
    texts,
    files: renderRuleFiles(rulesetsOf(model)),
    documentsDigest: digestOf(texts.map(({ text }) => text)),
  };
}

function rulesetsOf(model: NodeModel): Parameters<typeof renderRuleFiles>[0] {
  return { 4: model.compiledRules(4), 6: model.compiledRules(6) };
}

function digestOf(texts: readonly string[]): string {
  const each = texts.map((text) => createHash('sha256').update(text).digest('hex')).sort();
  return `sha256:${createHash('sha256').update(each.join('\n')).digest('hex')}`;
}
