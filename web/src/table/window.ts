/** Which rows are to be seen: only these exist. */

/** Rows that are ready above and below: who scrolls slowly sees no gap. */
const SPARE = 4;

export interface View {
  /** Pixels from the first row's top to the top of what is seen. */
  scrollTop: number;
  /** Pixels of rows that are seen at once. */
  height: number;
  rowHeight: number;
  rows: number;
}

export interface Span {
  first: number;
  /** One more than the last. */
  end: number;
}

export function spanOf({ scrollTop, height, rowHeight, rows }: View): Span {
  const seen = Math.floor(Math.max(scrollTop, 0) / rowHeight);
  const first = Math.max(Math.min(seen, rows) - SPARE, 0);
  const end = Math.min(Math.ceil((scrollTop + height) / rowHeight) + SPARE, rows);
  return { first, end: Math.max(end, first) };
}

/** Gives how many elements are enough wherever the view is. */
export function poolSize(height: number, rowHeight: number): number {
  return Math.ceil(height / rowHeight) + 1 + 2 * SPARE;
}

/** Gives where to scroll so that a row is seen whole, as little as possible. */
export function scrollToShow(row: number, { scrollTop, height, rowHeight }: View): number {
  const top = row * rowHeight;
  const highest = top + rowHeight - height;
  return Math.min(Math.max(scrollTop, highest), top);
}

/** Gives where to scroll so that a row that was far away is in the middle. */
export function scrollToCentre(row: number, { height, rowHeight, rows }: View): number {
  const top = (row + 0.5) * rowHeight - height / 2;
  return Math.max(Math.min(top, rows * rowHeight - height), 0);
}

/** Gives the row to which a key leads; null if it leads nowhere. */
export function rowAfter(key: string, row: number, view: View): number | null {
  const page = Math.max(Math.floor(view.height / view.rowHeight) - 1, 1);
  const steps: Record<string, number> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: view.rows - 1,
  };
  const step = steps[key];
  return step === undefined ? null : Math.max(Math.min(step, view.rows - 1), 0);
}
