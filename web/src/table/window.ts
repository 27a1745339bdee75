/** Computes which rows of the table are visible, because only these have elements. */

/** Rows that are rendered above and below the visible ones, so that slow scrolling shows no gap. */
const OVERSCAN = 4;

export interface View {
  /** Pixels from the top of the first row to the top of the visible part. */
  scrollTop: number;
  /** The height of the visible part in pixels. */
  height: number;
  rowHeight: number;
  rows: number;
}

export interface Span {
  first: number;
  /** One more than the last. */
  end: number;
}

/** Returns the rows that need elements. */
export function spanOf({ scrollTop, height, rowHeight, rows }: View): Span {
  const visible = Math.floor(Math.max(scrollTop, 0) / rowHeight);
  const first = Math.max(Math.min(visible, rows) - OVERSCAN, 0);
  const end = Math.min(Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN, rows);
  return { first, end: Math.max(end, first) };
}

/** Returns the number of elements that suffices at any scroll position. */
export function poolSize(height: number, rowHeight: number): number {
  return Math.ceil(height / rowHeight) + 1 + 2 * OVERSCAN;
}

/** Returns the nearest scroll position at which a row is entirely visible. */
export function scrollToShow(row: number, { scrollTop, height, rowHeight }: View): number {
  const top = row * rowHeight;
  const highest = top + rowHeight - height;
  return Math.min(Math.max(scrollTop, highest), top);
}

/** Returns the scroll position at which a row is in the middle. */
export function scrollToCentre(row: number, { height, rowHeight, rows }: View): number {
  const top = (row + 0.5) * rowHeight - height / 2;
  return Math.max(Math.min(top, rows * rowHeight - height), 0);
}

/** Returns the row to which a key moves from `row`; null for any other key. */
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
