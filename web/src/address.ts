/** What the page shows, in its address: who gets the link sees the same. */

import type { Choice } from "./map/theme.ts";
import { isSystem, type System } from "./panel/units.ts";
import { FILTERS, type Filters } from "./stream/view.ts";

export interface Place {
  latitude: number;
  longitude: number;
  zoom: number;
}

export interface Shown {
  place: Place;
  selected: string | null;
  units: System;
  theme: Choice;
  isGliding: boolean;
  filters: Filters;
}

const WORLD: Place = { latitude: 35, longitude: 5, zoom: 1.8 };

/** Reads an address; what cannot be read is as if it were not there. */
export function readAddress(search: string): Shown {
  const query = new URLSearchParams(search);
  const theme = query.get("theme");
  const units = query.get("units") ?? "";
  const selected = query.get("aircraft")?.toLowerCase() ?? "";
  const filters = FILTERS.filter((name) => query.has(name));
  return {
    place: readPlace(query.get("at") ?? ""),
    selected: /^[0-9a-f]{6}$/.test(selected) ? selected : null,
    units: isSystem(units) ? units : "metric",
    theme: theme === "dark" || theme === "light" ? theme : "system",
    isGliding: query.get("glide") !== "off",
    filters: new Map(filters.map((name) => [name, query.getAll(name).join(",")])),
  };
}

/** Writes what differs from what a page without parameters shows. */
export function writeAddress(shown: Shown): string {
  const { latitude, longitude, zoom } = shown.place;
  const query = new URLSearchParams([...shown.filters]);
  query.set("at", [latitude.toFixed(4), longitude.toFixed(4), zoom.toFixed(2)].join());
  if (shown.selected !== null) {
    query.set("aircraft", shown.selected);
  }
  if (shown.units !== "metric") {
    query.set("units", shown.units);
  }
  if (shown.theme !== "system") {
    query.set("theme", shown.theme);
  }
  if (!shown.isGliding) {
    query.set("glide", "off");
  }
  // Commas may stand for themselves, and are easier to read.
  return `?${query.toString().replaceAll("%2C", ",")}`;
}

function readPlace(text: string): Place {
  const [latitude = Number.NaN, longitude = Number.NaN, zoom = Number.NaN] = text
    .split(",")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const isPlace = Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 24;
  return isPlace ? { latitude, longitude, zoom } : WORLD;
}
