import type { IpFamily } from '../address/ip-address.ts';
import { filesByName, renderRuleFiles } from '../apply/rule-files.ts';
import { mergeRulesets } from '../ruleset/merge-rulesets.ts';
import { renderIpsets } from '../ruleset/render-ruleset.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { UsageError } from '../source/errors.ts';
import { type DocumentOptions, outputForm, type PrintOptions } from './common-options.ts';
import { loadModel } from './load-model.ts';
import { renderModelNotes } from './print/model-header.ts';
import { count } from './print/replay-text.ts';
import { rulesetToJson } from './print/ruleset-json.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { writeFiles } from './write-files.ts';

export interface CompileOptions extends DocumentOptions, PrintOptions {
  readonly output: string;
  readonly ipVersion?: string;
  readonly withServices?: boolean;
  readonly outDir?: string;
}

const FORMS = ['iptables', 'ipset', 'json'] as const;

/** `hepsim compile`: the rules of a node. Returns the exit code. @throws InputError, UsageError, EnvironmentError */
export async function runCompile(options: CompileOptions, terminal: Terminal): Promise<number> {
  const form = outputForm(options.output, FORMS);
  const family = familyOf(options.ipVersion);
  const { model } = loadModel(options, terminal);
  for (const { what } of model.notModelled()) {
    terminal.writeError(`warning: not compiled: ${what}\n`);
  }
  const rules = { 4: rulesetOf(model, 4, options), 6: rulesetOf(model, 6, options) };
  const rulesets = [rules[4], rules[6]];
  const rendered = renderRuleFiles(rules);
  const files = filesByName(rendered);
  const { digest } = rendered;
  if (options.outDir !== undefined) writeFiles(options.outDir, files);
  else terminal.writeOut(textOf(form, family, { rulesets, files, model, digest }));
  if (options.quiet !== true) {
    const sizes = options.verbose === true ? rulesets.map(sizeNotes).join('') : '';
    terminal.writeError(`${renderModelNotes(model)}${sizes}digest: ${digest}\n`);
  }
  return EXIT.holds;
}

function rulesetOf(model: NodeModel, family: IpFamily, options: CompileOptions): Ruleset {
  const compiled = model.compiledRules(family);
  if (options.withServices !== true) return compiled;
  return mergeRulesets(compiled, model.serviceRules(family));
}

/** How many chains and rules each table has, and sets with members. */
function sizeNotes({ family, tables, ipSets }: Ruleset): string {
  const notes = tables.map(({ name, chains }) => {
    const rules = chains.reduce((sum, chain) => sum + chain.rules.length, 0);
    return `note: IPv${family} ${name}: ${count(chains.length, 'chain')}, ${count(rules, 'rule')}\n`;
  });
  const members = ipSets.reduce((sum, set) => sum + set.members.length, 0);
  const sets = `note: IPv${family}: ${count(ipSets.length, 'set')}, ${count(members, 'member')}\n`;
  return [...notes, sets].join('');
}

interface Compiled {
  readonly rulesets: readonly Ruleset[];
  readonly files: ReadonlyMap<string, string>;
  readonly model: NodeModel;
  readonly digest: string;
}

function textOf(
  form: (typeof FORMS)[number],
  family: IpFamily | undefined,
  { rulesets, files, model, digest }: Compiled,
): string {
  if (form === 'iptables') return files.get(`iptables.v${family ?? 4}`) as string;
  const wanted = rulesets.filter((one) => family === undefined || one.family === family);
  if (form === 'ipset') return renderIpsets(wanted);
  const value = {
    node: model.choice.node,
    calicoVersion: model.resources.version,
    digest,
    rulesets: wanted.map(rulesetToJson),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function familyOf(text: string | undefined): IpFamily | undefined {
  if (text === undefined) return undefined;
  if (text === '4') return 4;
  if (text === '6') return 6;
  throw new UsageError(`--ip-version: \`${text}\` is neither 4 nor 6`);
}
