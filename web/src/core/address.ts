/** What the page shows, in its address: who gets the link sees the same. */

import type { ThemeChoice } from "../map/theme.ts";
import { isSide, type Side } from "../panels/panels.ts";
import { FILTERS, type Filters } from "../stream/view.ts";
import { type Moment, SPEEDS } from "../time/moment.ts";
import { isSystem, type System } from "./units.ts";

export interface Place {
  latitude: number;
  longitude: number;
  zoom: number;
}

export interface Shown {
  place: Place;
  selected: string | null;
  units: System;
  theme: ThemeChoice;
  isGliding: boolean;
  filters: Filters;
  /** Null is now. */
  moment: Moment | null;
  side: Side | null;
  isTableOpen: boolean;
}

const WORLD: Place = { latitude: 35, longitude: 5, zoom: 1.8 };

/** Reads an address; what cannot be read is as if it were not there. */
export function readAddress(search: string): Shown {
  const query = new URLSearchParams(search);
  const theme = query.get("theme");
  const units = query.get("units") ?? "";
  const selected = query.get("aircraft")?.toLowerCase() ?? "";
  const filters = FILTERS.filter((name) => query.has(name));
  const side = query.get("panel");
  return {
    place: readPlace(query.get("at") ?? ""),
    selected: /^[0-9a-f]{6}$/.test(selected) ? selected : null,
    units: isSystem(units) ? units : "metric",
    theme: theme === "dark" || theme === "light" ? theme : "system",
    isGliding: query.get("glide") !== "off",
    filters: new Map(filters.map((name) => [name, query.getAll(name).join(",")])),
    moment: readMoment(query.get("time") ?? "", query.get("speed") ?? "0"),
    side: isSide(side) ? side : null,
    isTableOpen: query.get("table") === "open",
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
  if (shown.moment !== null) {
    query.set("time", new Date(shown.moment.time * 1000).toISOString().replace(".000", ""));
  }
  if (shown.moment !== null && shown.moment.speed > 0) {
    query.set("speed", String(shown.moment.speed));
  }
  if (shown.side !== null) {
    query.set("panel", shown.side);
  }
  if (shown.isTableOpen) {
    query.set("table", "open");
  }
  // Commas and colons may stand for themselves, and are easier to read.
  return `?${query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

function readPlace(text: string): Place {
  const [latitude = Number.NaN, longitude = Number.NaN, zoom = Number.NaN] = text
    .split(",")
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  const isPlace = Math.abs(latitude) <= 85 && Math.abs(longitude) <= 180 && zoom >= 0 && zoom <= 24;
  return isPlace ? { latitude, longitude, zoom } : WORLD;
}

function readMoment(time: string, speed: string): Moment | null {
  const seconds = Math.floor(Date.parse(time) / 1000);
  if (Number.isNaN(seconds)) {
    return null;
  }
  return { time: seconds, speed: SPEEDS.find((one) => String(one) === speed) ?? 0 };
}
