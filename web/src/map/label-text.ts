/** Writes the lines of a label: as texts, and as bytes in the cells of its box. */

import type { LabelField } from "../core/label-fields.ts";
import { type System, unitOf } from "../core/units.ts";
import type { Fleet } from "../stream/fleet.ts";

/** Cells that a label has for the graphics card, in lines of this length. */
export const MAX_COLUMNS = 10;
export const TEXT_BYTES = 32;

/** A callsign has eight characters at most, an altitude in feet five digits. */
const COLUMNS: Record<LabelField, Record<System, number>> = {
  callsign: { metric: 8, nautical: 8, imperial: 8 },
  altitude: { metric: 7, nautical: 8, imperial: 8 },
  speed: { metric: 9, nautical: 7, imperial: 8 },
};

const [FIRST_GLYPH, LAST_GLYPH, SPACE, OTHER] = [32, 126, 32, 63];
/** The characters that a label can show, from code 32 on; others are shown as a question mark. */
export const GLYPHS = Array.from({ length: LAST_GLYPH - FIRST_GLYPH + 1 }, (_, index) =>
  String.fromCharCode(FIRST_GLYPH + index),
);

/** Where a label lies in its box, which depends on the side of the aircraft that it is on. */
export type Alignment = "left" | "right" | "middle";

/** Returns how many characters the longest line has. */
export function columnsOf(fields: readonly LabelField[], units: System): number {
  return Math.max(0, ...fields.map((field) => COLUMNS[field][units]));
}

/** Returns the lines of a label; a value that was not received has an empty line. */
export function linesOf(
  fleet: Fleet,
  slot: number,
  fields: readonly LabelField[],
  units: System,
): string[] {
  return fields.map((field) => lineOf(fleet, slot, field, units));
}

function lineOf(fleet: Fleet, slot: number, field: LabelField, units: System): string {
  if (field === "callsign") {
    return fleet.text("callsign", slot) ?? fleet.icao24[slot] ?? "";
  }
  const value = fleet.measure(field === "altitude" ? "baro_altitude" : "velocity", slot);
  if (Number.isNaN(value)) {
    return "";
  }
  const { factor, symbol } = unitOf(field, units);
  return `${Math.round(value * factor)} ${symbol}`;
}

/** Writes lines into the cells of a box; what is too long is cut. */
export function writeLines(
  bytes: Uint8Array,
  lines: readonly string[],
  columns: number,
  alignment: Alignment,
): void {
  bytes.fill(SPACE);
  lines.forEach((line, row) => {
    const length = Math.min(line.length, columns);
    const free = columns - length;
    const indent = alignment === "left" ? 0 : alignment === "right" ? free : free >> 1;
    for (let at = 0; at < length; at++) {
      const code = line.charCodeAt(at);
      const isGlyph = code >= FIRST_GLYPH && code <= LAST_GLYPH;
      bytes[row * MAX_COLUMNS + indent + at] = isGlyph ? code : OTHER;
    }
  });
}
