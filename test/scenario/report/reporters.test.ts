import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderGithubReport } from '../../../src/scenario/report/github.ts';
import { renderJsonReport } from '../../../src/scenario/report/json.ts';
import { renderJunitReport } from '../../../src/scenario/report/junit.ts';
import { renderTapReport } from '../../../src/scenario/report/tap.ts';
import type { TestReport } from '../../../src/scenario/scenario-report.ts';

/** A report of one failed case whose every text is `text`. */
const reportWith = (text: string): TestReport => ({
  cases: [
    {
      scenario: text,
      file: text,
      name: text,
      location: { file: text, line: 3, column: 7 },
      passed: false,
      failures: [
        {
          location: { file: text, line: 4, column: 9 },
          kind: 'expectation',
          message: text,
          packet: text,
          details: [text],
          trace: text,
          command: text,
        },
      ],
    },
  ],
  invariants: [{ scenario: text, file: text, name: text }],
  notRun: 0,
  durationSeconds: 0.5,
});

const EVIL = '<a b="c">&amp;\n::error::x\n\u0000\u001b[2J ]]> # TODO\n  ...\nok 1, 100% \\ \ud800';
const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(EVIL));

/** Characters that XML 1.0 can hold, none of which is markup. */
const XML_TEXT = /^(?:[\t\n\r\u0020-\ud7ff\ue000-\ufffd]|[\ud800-\udbff][\udc00-\udfff])*$/;

test('JUnit: no text breaks out of its place, whatever it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const xml = renderJunitReport(reportWith(text));
      expect(xml).toMatch(XML_TEXT);
      // What is left without the attributes' values and the text must be the same for every report.
      const shape = (given: string): string =>
        given.replace(/="[^"<]*"/g, '=""').replace(/(<failure[^>]*>)[^<]*/g, '$1');
      expect(shape(xml)).toBe(shape(renderJunitReport(reportWith('x'))));
      for (const entity of xml.match(/&[^;]*;?/g) ?? []) {
        expect(entity).toMatch(/^&(?:amp|lt|gt|quot|#9|#10|#13);$/);
      }
    }),
  );
});

test('JUnit: texts are escaped, not lost', () => {
  const xml = renderJunitReport(reportWith('a<b> & "c"'));
  expect(xml).toContain('name="a&lt;b&gt; &amp; &quot;c&quot;"');
  expect(xml).toContain('<testsuites name="hepsim" tests="2" failures="1" errors="0" skipped="1"');
  expect(xml).toContain('<skipped message="not yet proved"/>');
});

test('TAP: one line each, with a YAML block that says why', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const lines = renderTapReport(reportWith(text)).split('\n');
      expect(lines.slice(0, 2)).toEqual(['TAP version 14', '1..2']);
      expect(lines.filter((line) => /^(?:not )?ok /.test(line))).toHaveLength(2);
      expect(lines[2]).toMatch(/^not ok 1 - /);
      // A directive begins with a blank and an unescaped #.
      expect(lines[2]).not.toMatch(/(?<!\\)(?:\\\\)*#/);
      const block = lines.slice(lines.indexOf('  ---') + 1, lines.indexOf('  ...')).join('\n');
      expect(parse(block).message).toBe(text);
    }),
  );
});

test('TAP: an invariant is a TODO, which counts neither way', () => {
  expect(renderTapReport(reportWith('x'))).toContain('not ok 2 - x: x # TODO not yet proved');
});

test('GitHub: each failure is one command, and no text begins another', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const lines = renderGithubReport(reportWith(text))
        .trimEnd()
        .split(/\r\n|\r|\n/);
      expect(lines).toHaveLength(3);
      expect(lines[0]).toMatch(/^::error file=[^:,]*,line=4,col=9,title=[^:,]*::/);
      expect(lines[1]).toMatch(/^::notice /);
    }),
  );
});

test('JSON: is what it was', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const value = JSON.parse(renderJsonReport(reportWith(text)));
      expect(value).toMatchObject({ passed: 0, failed: 1, notProved: 1 });
      expect(value.cases[0].failures[0].message).toBe(text);
    }),
  );
});
