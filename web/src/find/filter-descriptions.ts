/** Describes filters in words, for the chips and for the area field. */

import { type System, write } from "../core/units.ts";
import { parseArea } from "../map/area.ts";
import type { FilterName } from "../stream/query.ts";
import { categoryNames, EMERGENCY_VALUE, splitNames, splitValues } from "./filter-values.ts";

/** A longer list ends with the number of the others: it must fit on a chip. */
const MAX_LISTED = 3;

/** Returns which aircraft pass a filter, short enough for a chip. */
export function describeFilter(name: FilterName, value: string, system: System): string {
  return DESCRIPTIONS[name](value, system);
}

/** Returns the sides of a `bbox` in degrees; an invalid one is returned as it is. */
export function describeArea(bbox: string): string {
  const area = parseArea(bbox);
  if (area === null) {
    return bbox;
  }
  const { west, south, east, north } = area;
  return `${range(south, north, "N", "S")}, ${range(west, east, "E", "W")}`;
}

const DESCRIPTIONS: Record<FilterName, (value: string, system: System) => string> = {
  bbox: () => "area",
  near: (value, system) => {
    const [latitude = "", longitude = "", kilometres = ""] = value.split(",");
    const distance = write(Number(kilometres), "distance", system);
    return `within ${distance} of ${point(latitude, longitude)}`;
  },
  icao24: (value) => `icao24 ${list(splitValues(value))}`,
  callsign: (value) => `callsign ${list(splitValues(value))}`,
  country: (value) => `country ${list(splitNames(value))}`,
  category: (value) => `category ${list(categoryNames(value))}`,
  squawk: (value) =>
    value === EMERGENCY_VALUE ? "emergencies" : `squawk ${list(splitValues(value))}`,
  on_ground: (value) => (value === "true" ? "on the ground" : "in the air"),
  registration: (value) => `registration ${list(splitValues(value))}`,
  type: (value) => `type ${list(splitValues(value))}`,
  operator: (value) => `operator ${list(splitNames(value))}`,
  military: (value) => (value === "true" ? "military" : "civil"),
  min_altitude: (value, system) => `above ${write(Number(value), "altitude", system)}`,
  max_altitude: (value, system) => `below ${write(Number(value), "altitude", system)}`,
  min_velocity: (value, system) => `faster than ${write(Number(value), "speed", system)}`,
  max_velocity: (value, system) => `slower than ${write(Number(value), "speed", system)}`,
};

function list(values: readonly string[]): string {
  const listed = values.slice(0, MAX_LISTED).join(", ");
  return values.length > MAX_LISTED ? `${listed} and ${values.length - MAX_LISTED} more` : listed;
}

function point(latitude: string, longitude: string): string {
  return `${degrees(Number(latitude), "N", "S")}, ${degrees(Number(longitude), "E", "W")}`;
}

function range(from: number, to: number, positive: string, negative: string): string {
  return `${degrees(from, positive, negative)} to ${degrees(to, positive, negative)}`;
}

function degrees(value: number, positive: string, negative: string): string {
  const hemisphere = value < 0 ? negative : positive;
  return `${Math.abs(value).toFixed(1)}° ${hemisphere}`;
}
