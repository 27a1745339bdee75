/** The columns of the table: what each is called, what stands in it, and what it sorts by. */

import { CATEGORIES } from "../core/categories.ts";
import { MISSING, type Quantity, type System, write, writeAge, writeTrack } from "../core/units.ts";
import type { Fleet, Measure } from "../stream/fleet.ts";
import { byCode, byMeasure, byWord, type Keys } from "./keys.ts";

export type Direction = "ascending" | "descending";

/** What the texts depend on besides the fleet. */
export interface Reading {
  system: System;
  /** Unix seconds of the server's clock. */
  now: number;
}

export interface Column {
  /** The field of OpenSky's. */
  field: string;
  title: string;
  isNumber: boolean;
  /** What the first click sorts by: of measures the greatest are looked for. */
  first: Direction;
  keys: Keys;
  /** Gives the unit, which stands once in the heading. */
  unit(system: System): string;
  text(fleet: Fleet, slot: number, reading: Reading): string;
}

/** Smaller ones say that the aircraft has not told its category. */
const FIRST_CATEGORY = 2;

function noUnit(): string {
  return "";
}

function measured(field: Measure, title: string, quantity: Quantity): Column {
  return {
    field,
    title,
    isNumber: true,
    first: "descending",
    keys: byMeasure(field),
    unit: (system) => splitUnit(write(0, quantity, system))[1],
    text: (fleet, slot, { system }) =>
      splitUnit(write(fleet.measure(field, slot), quantity, system))[0],
  };
}

function splitUnit(text: string): [number: string, unit: string] {
  const [number = "", unit = ""] = text.split(" ");
  return [number, unit];
}

function writeCategory(category: number): string {
  return category >= FIRST_CATEGORY ? (CATEGORIES[category] ?? MISSING) : MISSING;
}

function writeGround(onGround: number): string {
  return Number.isNaN(onGround) ? MISSING : onGround === 1 ? "yes" : "no";
}

function categoryKeys(fleet: Fleet, keys: Float64Array): void {
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
  keys: byCode("callsign"),
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
    keys: byCode("icao24"),
    unit: noUnit,
    text: (fleet, slot) => fleet.icao24[slot] ?? MISSING,
  },
  {
    field: "origin_country",
    title: "country",
    isNumber: false,
    first: "ascending",
    keys: byWord("origin_country"),
    unit: noUnit,
    text: (fleet, slot) => fleet.text("origin_country", slot) || MISSING,
  },
  measured("baro_altitude", "altitude", "altitude"),
  measured("velocity", "speed", "speed"),
  {
    field: "true_track",
    title: "track",
    isNumber: true,
    first: "ascending",
    keys: byMeasure("true_track"),
    unit: noUnit,
    text: (fleet, slot) => writeTrack(fleet.measure("true_track", slot)),
  },
  measured("vertical_rate", "vertical rate", "climb"),
  {
    field: "squawk",
    title: "squawk",
    isNumber: true,
    first: "ascending",
    keys: byCode("squawk"),
    unit: noUnit,
    text: (fleet, slot) => fleet.text("squawk", slot) || MISSING,
  },
  {
    field: "category",
    title: "category",
    isNumber: false,
    first: "ascending",
    keys: categoryKeys,
    unit: noUnit,
    text: (fleet, slot) => writeCategory(fleet.measure("category", slot)),
  },
  {
    field: "last_contact",
    title: "last contact",
    isNumber: true,
    first: "ascending",
    // What is written is the age: the youngest are the newest.
    keys: byMeasure("last_contact", -1),
    unit: () => "ago",
    text: (fleet, slot, { now }) => writeAge(now - fleet.measure("last_contact", slot)),
  },
  {
    field: "on_ground",
    title: "on ground",
    isNumber: false,
    first: "descending",
    keys: byMeasure("on_ground"),
    unit: noUnit,
    text: (fleet, slot) => writeGround(fleet.measure("on_ground", slot)),
  },
];
