/** The columns of the table: title, unit, cell text and sort keys of each. */

import { CATEGORIES, FIRST_CATEGORY } from "../core/categories.ts";
import {
  MISSING,
  type Quantity,
  type System,
  unitOf,
  write,
  writeAge,
  writeTrack,
} from "../core/units.ts";
import type { Fleet, Measure } from "../stream/fleet.ts";
import { byCode, byMeasure, byWord, type SortKeyWriter } from "./sort-keys.ts";

export type Direction = "ascending" | "descending";

/** What the text of a cell depends on besides the fleet. */
export interface CellContext {
  system: System;
  /** Unix seconds of the server's clock. */
  now: number;
}

export interface Column {
  /** OpenSky's name of the field. */
  field: string;
  title: string;
  isNumber: boolean;
  /** The direction after the first click: users look for the greatest measures. */
  first: Direction;
  writeSortKeys: SortKeyWriter;
  /** Returns the unit, which is shown in the heading only; empty for a column without unit. */
  unit(system: System): string;
  text(fleet: Fleet, slot: number, context: CellContext): string;
}

function noUnit(): string {
  return "";
}

function measureColumn(field: Measure, title: string, quantity: Quantity): Column {
  return {
    field,
    title,
    isNumber: true,
    first: "descending",
    writeSortKeys: byMeasure(field),
    unit: (system) => unitOf(quantity, system).symbol,
    text: (fleet, slot, { system }) =>
      write(fleet.measure(field, slot), quantity, system).split(" ")[0] ?? MISSING,
  };
}

function writeCategory(category: number): string {
  return category >= FIRST_CATEGORY ? (CATEGORIES[category] ?? MISSING) : MISSING;
}

function writeGround(onGround: number): string {
  return Number.isNaN(onGround) ? MISSING : onGround === 1 ? "yes" : "no";
}

function writeCategoryKeys(fleet: Fleet, keys: Float64Array): void {
  const categories = fleet.column("category");
  for (let slot = 0; slot < fleet.end; slot++) {
    const category = categories[slot] as number;
    keys[slot] = category >= FIRST_CATEGORY ? category : Number.NaN;
  }
}

export const CALLSIGN: Column = {
  field: "callsign",
  title: "callsign",
  isNumber: false,
  first: "ascending",
  writeSortKeys: byCode("callsign"),
  unit: noUnit,
  text: (fleet, slot) => fleet.text("callsign", slot) || MISSING,
};

export const COLUMNS: readonly Column[] = [
  CALLSIGN,
  {
    field: "icao24",
    title: "icao24",
    isNumber: false,
    first: "ascending",
    writeSortKeys: byCode("icao24"),
    unit: noUnit,
    text: (fleet, slot) => fleet.icao24[slot] ?? MISSING,
  },
  {
    field: "origin_country",
    title: "country",
    isNumber: false,
    first: "ascending",
    writeSortKeys: byWord("origin_country"),
    unit: noUnit,
    text: (fleet, slot) => fleet.text("origin_country", slot) || MISSING,
  },
  measureColumn("baro_altitude", "altitude", "altitude"),
  measureColumn("velocity", "speed", "speed"),
  {
    field: "true_track",
    title: "track",
    isNumber: true,
    first: "ascending",
    writeSortKeys: byMeasure("true_track"),
    unit: noUnit,
    text: (fleet, slot) => writeTrack(fleet.measure("true_track", slot)),
  },
  measureColumn("vertical_rate", "vertical rate", "climb"),
  {
    field: "squawk",
    title: "squawk",
    isNumber: true,
    first: "ascending",
    writeSortKeys: byCode("squawk"),
    unit: noUnit,
    text: (fleet, slot) => fleet.text("squawk", slot) || MISSING,
  },
  {
    field: "category",
    title: "category",
    isNumber: false,
    first: "ascending",
    writeSortKeys: writeCategoryKeys,
    unit: noUnit,
    text: (fleet, slot) => writeCategory(fleet.measure("category", slot)),
  },
  {
    field: "last_contact",
    title: "last contact",
    isNumber: true,
    first: "ascending",
    // The cell shows the age, so the smallest age is the greatest time.
    writeSortKeys: byMeasure("last_contact", -1),
    unit: () => "ago",
    text: (fleet, slot, { now }) => writeAge(now - fleet.measure("last_contact", slot)),
  },
  {
    field: "on_ground",
    title: "on ground",
    isNumber: false,
    first: "descending",
    writeSortKeys: byMeasure("on_ground"),
    unit: noUnit,
    text: (fleet, slot) => writeGround(fleet.measure("on_ground", slot)),
  },
];
