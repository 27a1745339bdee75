/** The order of the table's rows: sorted by one column, missing values last in both directions. */

import type { Fleet } from "../stream/fleet.ts";
import { CALLSIGN, type Column, type Direction } from "./columns.ts";
import type { SortContext } from "./sort-keys.ts";

export interface Sort {
  column: Column;
  direction: Direction;
}

export const DEFAULT_SORT: Sort = { column: CALLSIGN, direction: "ascending" };

/** Arrays that must grow become larger than needed by this factor, so that they grow seldom. */
const GROWTH = 1.25;

/** Returns the sort after a click on a heading: first direction, other direction, default. */
export function nextSort(sort: Sort, column: Column): Sort {
  if (sort.column !== column) {
    return { column, direction: column.first };
  }
  const other: Direction = column.first === "ascending" ? "descending" : "ascending";
  return sort.direction === column.first ? { column, direction: other } : DEFAULT_SORT;
}

/** Slots of a fleet by row. Sorting works on typed arrays, without an object per aircraft. */
export class RowOrder {
  /** The number of rows. */
  length = 0;
  private slots = new Uint32Array(0);
  private keys = new Float64Array(0);

  /** Sorts the aircraft that have a row; equal ones stay in the order of their slots. */
  sort(
    fleet: Fleet,
    { column, direction }: Sort,
    hasRow: (slot: number) => boolean,
    context: SortContext,
  ): void {
    this.reserve(fleet.end);
    column.writeSortKeys(fleet, this.keys, context);
    this.length = 0;
    for (let slot = 0; slot < fleet.end; slot++) {
      if (fleet.icao24[slot] != null && hasRow(slot)) {
        this.slots[this.length++] = slot;
      }
    }
    sortSlots(this.slots.subarray(0, this.length), this.keys, direction);
  }

  /** Returns the slot of a row, counted from 0; -1 if there is no such row. */
  slot(row: number): number {
    return row < this.length ? (this.slots[row] ?? -1) : -1;
  }

  /** Returns the row of a slot; -1 if it has none. */
  rowOf(slot: number): number {
    return this.slots.subarray(0, this.length).indexOf(slot);
  }

  private reserve(size: number): void {
    if (size > this.slots.length) {
      const capacity = Math.ceil(size * GROWTH);
      this.slots = new Uint32Array(capacity);
      this.keys = new Float64Array(capacity);
    }
  }
}

/** Sorts slots by their keys in place and stably; NaN is last in both directions. */
export function sortSlots(slots: Uint32Array, keys: Float64Array, direction: Direction): void {
  const sign = direction === "ascending" ? 1 : -1;
  for (const slot of slots) {
    const key = keys[slot] as number;
    keys[slot] = Number.isNaN(key) ? Number.POSITIVE_INFINITY : sign * key;
  }
  slots.sort((one, other) => {
    const key = keys[one] as number;
    const otherKey = keys[other] as number;
    return key < otherKey ? -1 : key > otherKey ? 1 : 0;
  });
}
