/** Packs the ground of the closer zoom levels; src/map/packed-ground.ts has the format and reads it. */

import {
  type Line,
  type Lines,
  PACKED_KINDS,
  type PackedKind,
  STEPS_PER_DEGREE,
} from "../src/map/packed-ground.ts";

export function packGround(ground: Readonly<Record<PackedKind, readonly Lines[]>>): Uint8Array {
  const writer = new Writer();
  for (const kind of PACKED_KINDS) {
    writer.count(ground[kind].length);
    for (const lines of ground[kind]) {
      writer.count(lines.length);
      for (const line of lines) {
        writer.line(line);
      }
    }
  }
  return writer.bytes();
}

class Writer {
  private readonly written: number[] = [];
  private x = 0;
  private y = 0;

  bytes(): Uint8Array {
    return Uint8Array.from(this.written);
  }

  /** Writes seven bits per byte, the lowest first; the eighth says that more follow. */
  count(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.written.push((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.written.push(rest);
  }

  line(line: Line): void {
    this.count(line.length);
    for (const [longitude = 0, latitude = 0] of line) {
      const [x, y] = [
        Math.round(longitude * STEPS_PER_DEGREE),
        Math.round(latitude * STEPS_PER_DEGREE),
      ];
      this.difference(x - this.x);
      this.difference(y - this.y);
      [this.x, this.y] = [x, y];
    }
  }

  /** Small differences of either sign become small counts. */
  private difference(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }
}
