/** What narrows the view, in words. */

import { type System, write } from "../core/units.ts";
import { parseArea } from "../map/area.ts";
import type { FilterName } from "../stream/query.ts";
import { categoryNames, EMERGENCY, splitNames, splitValues } from "./filter-values.ts";

/** More than these are counted only. */
const NAMED = 3;

/** Gives what a filter lets pass, short enough for a chip. */
export function describeFilter(name: FilterName, value: string, system: System): string {
  return WORDS[name](value, system);
}

/** Gives where an area lies. */
export function describeArea(bbox: string): string {
  const area = parseArea(bbox);
  if (area === null) {
    return bbox;
  }
  const { west, south, east, north } = area;
  return `${range(south, north, "N", "S")}, ${range(west, east, "E", "W")}`;
}

const WORDS: Record<FilterName, (value: string, system: System) => string> = {
  bbox: () => "area",
  near: (value) => {
    const [latitude = "", longitude = "", kilometres = ""] = value.split(",");
    return `within ${kilometres} km of ${point(latitude, longitude)}`;
  },
  icao24: (value) => `icao24 ${list(splitValues(value))}`,
  callsign: (value) => `callsign ${list(splitValues(value))}`,
  country: (value) => `country ${list(splitNames(value))}`,
  category: (value) => `category ${list(categoryNames(value))}`,
  squawk: (value) => (value === EMERGENCY ? "emergencies" : `squawk ${list(splitValues(value))}`),
  on_ground: (value) => (value === "true" ? "on the ground" : "in the air"),
  min_altitude: (value, system) => `above ${write(Number(value), "altitude", system)}`,
  max_altitude: (value, system) => `below ${write(Number(value), "altitude", system)}`,
  min_velocity: (value, system) => `faster than ${write(Number(value), "speed", system)}`,
  max_velocity: (value, system) => `slower than ${write(Number(value), "speed", system)}`,
};

function list(values: readonly string[]): string {
  const named = values.slice(0, NAMED).join(", ");
  return values.length > NAMED ? `${named} and ${values.length - NAMED} more` : named;
}

function point(latitude: string, longitude: string): string {
  return `${degrees(Number(latitude), "N", "S")}, ${degrees(Number(longitude), "E", "W")}`;
}

function range(from: number, to: number, positive: string, negative: string): string {
  return `${degrees(from, positive, negative)} to ${degrees(to, positive, negative)}`;
}

function degrees(value: number, positive: string, negative: string): string {
  const side = value < 0 ? negative : positive;
  return `${Math.abs(value).toFixed(1)}° ${side}`;
}
