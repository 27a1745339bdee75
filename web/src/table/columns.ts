/** The columns of the table: title, unit, cell text and sort keys of each. */

import { CATEGORIES, FIRST_CATEGORY } from "../core/categories.ts";
import {
  MISSING,
  type Quantity,
  type System,
  unitOf,
  write,
  writeAge,
  writeDistance,
  writeTrack,
} from "../core/units.ts";
import { bearingFrom, type Home, kilometresFrom } from "../store/home.ts";
import type { Identities } from "../store/identities.ts";
import type { Fleet, Measure } from "../stream/fleet.ts";
import { byCode, byIdentity, byMeasure, byWord, type SortKeyWriter } from "./sort-keys.ts";

export type Direction = "ascending" | "descending";

/** What the text of a cell depends on besides the fleet. */
export interface CellContext {
  system: System;
  /** Unix seconds of the server's clock. */
  now: number;
  /** Null if the user has set none. */
  home: Home | null;
  identities: Pick<Identities, "of">;
}

export interface Column {
  /** OpenSky's name of the field. */
  field: string;
  title: string;
  isNumber: boolean;
  /** The least width in rem. */
  width: number;
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

function measureColumn(field: Measure, title: string, quantity: Quantity, width = 5.5): Column {
  return {
    field,
    title,
    isNumber: true,
    width,
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

/** Returns what `measure` says of the place of an aircraft; NaN if there is no home or no position. */
function fromHome(
  measure: (home: Home, longitude: number, latitude: number) => number,
): (fleet: Fleet, slot: number, home: Home | null) => number {
  return (fleet, slot, home) =>
    home === null
      ? Number.NaN
      : measure(home, fleet.measure("longitude", slot), fleet.measure("latitude", slot));
}

function bySlot(value: (fleet: Fleet, slot: number, home: Home | null) => number): SortKeyWriter {
  return (fleet, keys, { home }) => {
    for (let slot = 0; slot < fleet.end; slot++) {
      keys[slot] = value(fleet, slot, home);
    }
  };
}

function identityColumn(
  field: "registration" | "type" | "operator",
  title: string,
  width: number,
): Column {
  return {
    field,
    title,
    isNumber: false,
    width,
    first: "ascending",
    writeSortKeys: byIdentity(field),
    unit: noUnit,
    text: (fleet, slot, { identities }) =>
      identities.of(fleet.icao24[slot] ?? "")?.[field] ?? MISSING,
  };
}

const distance = fromHome(kilometresFrom);
const bearing = fromHome(bearingFrom);

export const CALLSIGN: Column = {
  field: "callsign",
  title: "callsign",
  isNumber: false,
  width: 7,
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
    width: 5.5,
    first: "ascending",
    writeSortKeys: byCode("icao24"),
    unit: noUnit,
    text: (fleet, slot) => fleet.icao24[slot] ?? MISSING,
  },
  identityColumn("registration", "registration", 6.6),
  identityColumn("type", "type", 4.6),
  identityColumn("operator", "operator", 11),
  {
    field: "origin_country",
    title: "country",
    isNumber: false,
    width: 8.5,
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
    width: 6,
    first: "ascending",
    writeSortKeys: byMeasure("true_track"),
    unit: noUnit,
    text: (fleet, slot) => writeTrack(fleet.measure("true_track", slot)),
  },
  measureColumn("vertical_rate", "vertical rate", "climb", 7.6),
  {
    field: "squawk",
    title: "squawk",
    isNumber: true,
    width: 5,
    first: "ascending",
    writeSortKeys: byCode("squawk"),
    unit: noUnit,
    text: (fleet, slot) => fleet.text("squawk", slot) || MISSING,
  },
  {
    field: "category",
    title: "category",
    isNumber: false,
    width: 8,
    first: "ascending",
    writeSortKeys: writeCategoryKeys,
    unit: noUnit,
    text: (fleet, slot) => writeCategory(fleet.measure("category", slot)),
  },
  {
    field: "last_contact",
    title: "last contact",
    isNumber: true,
    width: 7.2,
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
    width: 5.5,
    first: "descending",
    writeSortKeys: byMeasure("on_ground"),
    unit: noUnit,
    text: (fleet, slot) => writeGround(fleet.measure("on_ground", slot)),
  },
  {
    field: "distance",
    title: "distance",
    isNumber: true,
    width: 5.8,
    first: "ascending",
    writeSortKeys: bySlot(distance),
    unit: (system) => unitOf("distance", system).symbol,
    text: (fleet, slot, { system, home }) =>
      writeDistance(distance(fleet, slot, home), system).split(" ")[0] ?? MISSING,
  },
  {
    field: "bearing",
    title: "bearing",
    isNumber: true,
    width: 6,
    first: "ascending",
    writeSortKeys: bySlot(bearing),
    unit: noUnit,
    text: (fleet, slot, { home }) => writeTrack(bearing(fleet, slot, home)),
  },
];

/** The columns for which the server is asked which aircraft it is. */
const IDENTITY_COLUMNS: ReadonlySet<string> = new Set(["registration", "type", "operator"]);

/** Whether any of the columns shows which aircraft it is. */
export function needIdentities(columns: readonly Column[]): boolean {
  return columns.some(({ field }) => IDENTITY_COLUMNS.has(field));
}

/** The columns that only users with a home see unless they choose otherwise. */
const HOME_COLUMNS: ReadonlySet<string> = new Set(["distance", "bearing"]);

/**
 * Returns the columns to show, in the table's own order; unknown names are ignored.
 *
 * @param chosen The fields that the user has chosen; null is the default.
 */
export function columnsToShow(chosen: readonly string[] | null, hasHome: boolean): Column[] {
  return COLUMNS.filter(
    ({ field }) =>
      // The callsign has the mark of the altitude, and stays while the others are scrolled.
      field === CALLSIGN.field || (chosen?.includes(field) ?? isUsual(field, hasHome)),
  );
}

function isUsual(field: string, hasHome: boolean): boolean {
  return HOME_COLUMNS.has(field) ? hasHome : !IDENTITY_COLUMNS.has(field);
}
