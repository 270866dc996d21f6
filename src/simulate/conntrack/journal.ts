import type { ConnectionEntry } from './connection-entry.ts';
import type { ConnectionTable } from './table.ts';

type Change =
  | { readonly kind: 'inserted'; readonly entry: ConnectionEntry }
  | { readonly kind: 'removed'; readonly entry: ConnectionEntry }
  | { readonly kind: 'changed'; readonly entry: ConnectionEntry; readonly before: ConnectionEntry }
  | { readonly kind: 'cleared'; readonly table: ConnectionTable };

/**
 * What happened to a table and its connections since a point, so that it can be undone. Costs nothing while no point is set,
 * and one record per change otherwise.
 */
export class Journal {
  private readonly changes: Change[] = [];
  /** For each point that is set, how many changes there were. */
  private readonly points: number[] = [];

  /** Whether any point is set. HOT */
  get isActive(): boolean {
    return this.points.length !== 0;
  }

  /** How many changes are remembered. */
  get changeCount(): number {
    return this.changes.length;
  }

  /** Sets a point and returns its number; it stays until released. */
  setPoint(): number {
    this.points.push(this.changes.length);
    return this.points.length;
  }

  /** Forgets a point and those set after it; with the outermost one, all changes. */
  release(point: number): void {
    if (point > this.points.length) return;
    this.points.length = point - 1;
    if (this.points.length === 0) this.changes.length = 0;
  }

  inserted(entry: ConnectionEntry): void {
    if (this.isActive) this.changes.push({ kind: 'inserted', entry });
  }

  removed(entry: ConnectionEntry): void {
    if (this.isActive) this.changes.push({ kind: 'removed', entry });
  }

  /** Call before a connection is changed. HOT */
  willChange(entry: ConnectionEntry): void {
    if (this.isActive) this.changes.push({ kind: 'changed', entry, before: entry.snapshot() });
  }

  cleared(table: ConnectionTable): void {
    if (this.isActive) this.changes.push({ kind: 'cleared', table });
  }

  /** Undoes what came after the point, which stays set, and returns the table that is then the right one. */
  rollBack(point: number, present: ConnectionTable): ConnectionTable {
    const length = this.points[point - 1];
    if (length === undefined) throw new Error('the checkpoint has been released');
    this.points.length = point;
    let table = present;
    while (this.changes.length > length) {
      const change = this.changes.pop() as Change;
      if (change.kind === 'inserted') table.remove(change.entry);
      else if (change.kind === 'removed') table.insert(change.entry);
      else if (change.kind === 'cleared') table = change.table;
      else change.entry.restore(change.before);
    }
    return table;
  }
}
