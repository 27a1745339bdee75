/** Reads and writes the page's address, so that a link or a reload shows the same. */

import { type Playback, SPEEDS } from "../core/playback.ts";
import type { ThemeChoice } from "../core/theme.ts";
import { isSystem, type System } from "../core/units.ts";
import { FILTERS, type Filters } from "../stream/query.ts";

/** The middle of the map in degrees, and the zoom level. */
export interface Place {
  latitude: number;
  longitude: number;
  zoom: number;
}

/** The panels beside the map; one of them at a time is open. */
export const SIDES = ["filters", "statistics", "past", "settings"] as const;
export type Side = (typeof SIDES)[number];

/** The part of the page's state that the address holds. */
export interface AddressState {
  place: Place;
  /** The icao24 of the selected aircraft. */
  selected: string | null;
  /** The code of the airport whose panel is open. */
  airport: string | null;
  units: System;
  theme: ThemeChoice;
  isGliding: boolean;
  filters: Filters;
  /** Null is live. */
  playback: Playback | null;
  side: Side | null;
  isTableOpen: boolean;
}

/** The place that a page without parameters shows. */
const WORLD: Place = { latitude: 35, longitude: 5, zoom: 1.8 };

/** Reads the query of an address; an invalid parameter counts as missing. */
export function readAddress(search: string): AddressState {
  const query = new URLSearchParams(search);
  const theme = query.get("theme");
  const units = query.get("units") ?? "";
  const selected = query.get("aircraft")?.toLowerCase() ?? "";
  const airport = query.get("airport")?.toUpperCase() ?? "";
  const filters = FILTERS.filter((name) => query.has(name));
  return {
    place: readPlace(query.get("at") ?? ""),
    selected: /^[0-9a-f]{6}$/.test(selected) ? selected : null,
    airport: /^[A-Z0-9]{3,4}$/.test(airport) ? airport : null,
    units: isSystem(units) ? units : "metric",
    theme: theme === "dark" || theme === "light" ? theme : "system",
    isGliding: query.get("glide") !== "off",
    filters: new Map(filters.map((name) => [name, query.getAll(name).join(",")])),
    playback: readPlayback(query.get("time") ?? "", query.get("speed") ?? "0"),
    side: SIDES.find((side) => side === query.get("panel")) ?? null,
    isTableOpen: query.get("table") === "open",
  };
}

/** Writes the query of an address; everything but the place is left out if it has its default. */
export function writeAddress(state: AddressState): string {
  const { latitude, longitude, zoom } = state.place;
  const query = new URLSearchParams([...state.filters]);
  query.set("at", [latitude.toFixed(4), longitude.toFixed(4), zoom.toFixed(2)].join());
  if (state.selected !== null) {
    query.set("aircraft", state.selected);
  }
  if (state.airport !== null) {
    query.set("airport", state.airport);
  }
  if (state.units !== "metric") {
    query.set("units", state.units);
  }
  if (state.theme !== "system") {
    query.set("theme", state.theme);
  }
  if (!state.isGliding) {
    query.set("glide", "off");
  }
  if (state.playback !== null) {
    query.set("time", new Date(state.playback.time * 1000).toISOString().replace(".000", ""));
  }
  if (state.playback !== null && state.playback.speed > 0) {
    query.set("speed", String(state.playback.speed));
  }
  if (state.side !== null) {
    query.set("panel", state.side);
  }
  if (state.isTableOpen) {
    query.set("table", "open");
  }
  // Commas and colons need no escape in a query, and are easier to read.
  return `?${query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

function readPlace(text: string): Place {
  const [latitude = Number.NaN, longitude = Number.NaN, zoom = Number.NaN] = text
    .split(",")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const isPlace = Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 24;
  return isPlace ? { latitude, longitude, zoom } : WORLD;
}

function readPlayback(time: string, speed: string): Playback | null {
  const seconds = Math.floor(Date.parse(time) / 1000);
  if (Number.isNaN(seconds)) {
    return null;
  }
  return { time: seconds, speed: SPEEDS.find((one) => String(one) === speed) ?? 0 };
}
