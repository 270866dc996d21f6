import { type CaseReport, countCases, type TestReport } from '../scenario-report.ts';
import { caseFailureLines } from './failure-text.ts';

/**
 * The report in the XML that CI systems read: a suite for each scenario, a test case for each case, invariants as skipped.
 * Source: the JUnit schema as Jenkins, GitLab and others read it.
 */
export function renderJunitReport(report: TestReport): string {
  const { failed } = countCases(report);
  const total = report.cases.length + report.invariants.length;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="hepsim" tests="${total}" failures="${failed}" errors="0" skipped="${report.invariants.length}" time="${report.durationSeconds.toFixed(3)}">`,
  ];
  for (const [name, suite] of suitesOf(report)) {
    const { cases, invariants } = suite;
    const bad = cases.filter((one) => !one.passed).length;
    lines.push(
      `  <testsuite name="${attribute(name)}" tests="${cases.length + invariants.length}" failures="${bad}" errors="0" skipped="${invariants.length}">`,
      ...cases.flatMap(caseLines),
      ...invariants.flatMap((invariant) => [
        `    <testcase classname="${attribute(name)}" name="${attribute(invariant.name)}">`,
        '      <skipped message="not yet proved"/>',
        '    </testcase>',
      ]),
      '  </testsuite>',
    );
  }
  lines.push('</testsuites>');
  return `${lines.join('\n')}\n`;
}

interface Suite {
  readonly cases: CaseReport[];
  readonly invariants: TestReport['invariants'][number][];
}

function suitesOf(report: TestReport): ReadonlyMap<string, Suite> {
  const suites = new Map<string, Suite>();
  const suiteOf = (name: string): Suite => {
    const suite = suites.get(name) ?? { cases: [], invariants: [] };
    suites.set(name, suite);
    return suite;
  };
  for (const one of report.cases) suiteOf(one.scenario).cases.push(one);
  for (const one of report.invariants) suiteOf(one.scenario).invariants.push(one);
  return suites;
}

function caseLines(report: CaseReport): readonly string[] {
  const { scenario, name, file, location } = report;
  const open = `    <testcase classname="${attribute(scenario)}" name="${attribute(name)}" file="${attribute(file)}" line="${location.line}"`;
  const [first] = report.failures;
  if (first === undefined) return [`${open}/>`];
  return [
    `${open}>`,
    `      <failure type="${first.kind}" message="${attribute(first.message)}">${text(caseFailureLines(report).join('\n'))}</failure>`,
    '    </testcase>',
  ];
}

/** Escapes text between tags, and takes out what XML 1.0 cannot hold at all. */
function text(value: string): string {
  return value
    .replace(NOT_XML, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function attribute(value: string): string {
  return text(value)
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\t', '&#9;');
}

/** Source: XML 1.0, production 2 (Char). Lone surrogates are caught by the `u` flag. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
