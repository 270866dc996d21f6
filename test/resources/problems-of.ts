import { type ReadOptions, readResources } from '../../src/resources/read-resources.ts';
import type { ResourceSet } from '../../src/resources/resource-set.ts';
import { InputError } from '../../src/source/errors.ts';

/** `line:column code` of everything that is wrong with a text; empty when it is accepted. Warnings are left out. */
export function problemsOf(text: string, options: ReadOptions = {}): readonly string[] {
  try {
    readResources([{ file: 'x.yaml', text }], options);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems
      .filter((problem) => problem.severity === 'error')
      .map(({ location, code }) => `${location.line}:${location.column} ${code}`);
  }
}

/** Everything that is wrong with a text, as it is printed. */
export function messageOf(text: string, options: ReadOptions = {}): string {
  try {
    readResources([{ file: 'x.yaml', text }], options);
    return '';
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

/** The resources of a text that must be right. */
export function read(text: string, options: ReadOptions = {}): ResourceSet {
  return readResources([{ file: 'x.yaml', text }], options);
}

const HEADERS = {
  v1: 'apiVersion: v1\nkind: policy\nmetadata: {name: p}\n',
  v3: 'apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p}\n',
} as const;

/** A policy whose spec is the flow mapping on line 4, from column 7 on: `{order: 3}`. */
export function policyWith(api: 'v1' | 'v3', spec: string): string {
  return `${HEADERS[api]}spec: ${spec}\n`;
}
