/** One measured figure, as the table prints it. */
export interface Figure {
  readonly measured: string;
  readonly figure: string;
  /** What it must reach; undefined where it is only told. */
  readonly bar: string | undefined;
  /** Whether it does. */
  readonly holds: boolean;
}

/** The figures as a Markdown table, as the README has it. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = [
    ['measured', 'figure', 'bar'],
    ['---', '---', '---'],
    ...figures.map(({ measured, figure, bar, holds }) => [
      measured,
      figure,
      `${bar ?? ''}${holds ? '' : ' (missed)'}`,
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** A number with thousands separated. */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
