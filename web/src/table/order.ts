/** In which order the rows stand: sorted by a column, what was not received last either way. */

import type { Fleet } from "../stream/fleet.ts";
import { CALLSIGN, type Column, type Direction } from "./columns.ts";

export interface Sort {
  column: Column;
  direction: Direction;
}

export const DEFAULT_SORT: Sort = { column: CALLSIGN, direction: "ascending" };

const SPARE = 1.25;

/** Gives what a click on a heading makes of it: one way, the other way, and as it was. */
export function nextSort(sort: Sort, column: Column): Sort {
  if (sort.column !== column) {
    return { column, direction: column.first };
  }
  const other: Direction = column.first === "ascending" ? "descending" : "ascending";
  return sort.direction === column.first ? { column, direction: other } : DEFAULT_SORT;
}

/** The slots of a fleet in the order of the rows; sorts without an object for any of them. */
export class Order {
  length = 0;
  private slots = new Uint32Array(0);
  private keys = new Float64Array(0);

  /** Takes whoever passes, and sorts them; those with the same key stay in the order of slots. */
  arrange(fleet: Fleet, sort: Sort, passes: (slot: number) => boolean): void {
    this.reserve(fleet.end);
    sort.column.keys(fleet, this.keys);
    this.length = 0;
    for (let slot = 0; slot < fleet.end; slot++) {
      if (fleet.icao24[slot] != null && passes(slot)) {
        this.slots[this.length++] = slot;
      }
    }
    sortSlots(this.slots.subarray(0, this.length), this.keys, sort.direction);
  }

  /** Gives the slot in a row, from 0 on; -1 if there is no such row. */
  slot(row: number): number {
    return row < this.length ? (this.slots[row] ?? -1) : -1;
  }

  /** Gives the row of a slot; -1 if it has none. */
  rowOf(slot: number): number {
    return this.slots.subarray(0, this.length).indexOf(slot);
  }

  private reserve(size: number): void {
    if (size > this.slots.length) {
      const capacity = Math.ceil(size * SPARE);
      this.slots = new Uint32Array(capacity);
      this.keys = new Float64Array(capacity);
    }
  }
}

/** Sorts slots by their keys in place; NaN is last in both directions, equal ones stay in order. */
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
