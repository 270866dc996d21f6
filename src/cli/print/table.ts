/**
 * Rows as lines with aligned columns, two blanks between. `alignment` has a letter a column: `l` or `r`. A row's last cell is not
 * padded to the right.
 */
export function alignColumns(rows: readonly (readonly string[])[], alignment: string): string[] {
  const widths = Array.from(alignment, (_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return alignment[column] === 'r' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
