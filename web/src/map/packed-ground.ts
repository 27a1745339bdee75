/**
 * Reads the packed ground of the closer zoom levels: of each kind the number of shapes, of each shape that of
 * its lines, of each line that of its points, and of each point the steps from the point before it.
 */

import type { Position } from "geojson";

export type Line = Position[];
/** The rings of a polygon, or lines that belong together. */
export type Lines = Line[];

/** In the order of the file. */
export const PACKED_KINDS = ["land", "lakes", "borders", "states", "runways"] as const;
export type PackedKind = (typeof PACKED_KINDS)[number];

/** A step is 11 m: 1.2 pixels at the equator at zoom 13. */
export const STEPS_PER_DEGREE = 1e4;

/** Throws a `RangeError` if the file ends too early, as after a broken transfer. */
export function readGround(packed: Uint8Array): Record<PackedKind, Lines[]> {
  const reader = new Reader(packed);
  const kinds = PACKED_KINDS.map((kind) => [kind, reader.list(() => reader.lines())]);
  return Object.fromEntries(kinds) as Record<PackedKind, Lines[]>;
}

class Reader {
  private at = 0;
  private x = 0;
  private y = 0;
  private readonly packed: Uint8Array;

  constructor(packed: Uint8Array) {
    this.packed = packed;
  }

  list<Item>(read: () => Item): Item[] {
    return Array.from({ length: this.count() }, read);
  }

  lines(): Lines {
    return this.list(() => this.list(() => this.point()));
  }

  private point(): Position {
    this.x += this.difference();
    this.y += this.difference();
    return [this.x / STEPS_PER_DEGREE, this.y / STEPS_PER_DEGREE];
  }

  private difference(): number {
    const value = this.count();
    return (value & 1) === 1 ? -((value + 1) / 2) : value / 2;
  }

  private count(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.packed[this.at++];
      if (byte === undefined) {
        throw new RangeError(
          `the ground ends at byte ${this.at - 1}, within a number; reload the page`,
        );
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }
}
