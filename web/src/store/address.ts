/** Reads and writes the page's address, so that a link or a reload shows the same. */

import { readLabelFields } from "../core/label-fields.ts";
import { type Playback, SPEEDS } from "../core/playback.ts";
import { isThemeChoice } from "../core/theme.ts";
import { isSystem } from "../core/units.ts";
import { FILTERS, type Filters } from "../stream/query.ts";
import { type Home, parseHome, writeHome } from "./home.ts";
import { type OverlayChoice, readOverlays, writeOverlays } from "./overlay-choice.ts";
import { allOf, parseSelection } from "./selection.ts";
import { DEFAULT_SETTINGS, readColumns, type Settings } from "./settings.ts";

/** The middle of the map in degrees, and the zoom level. */
export interface Place {
  latitude: number;
  longitude: number;
  zoom: number;
}

/** The panels beside the map; one of them at a time is open. */
export const SIDES = ["filters", "statistics", "past", "watch", "layers", "settings"] as const;
export type Side = (typeof SIDES)[number];

/** The settings that the address may name. */
type NamedSettings = Omit<Settings, "rings">;

/** The part of the page's state that the address holds. */
export interface AddressState extends NamedSettings {
  place: Place;
  /** The icao24 of the selected aircraft. */
  selected: string | null;
  /** The icao24 of the aircraft that are selected beside it. */
  others: readonly string[];
  /** The code of the airport whose panel is open. */
  airport: string | null;
  filters: Filters;
  /** Null is live. */
  playback: Playback | null;
  side: Side | null;
  isTableOpen: boolean;
  /** A home that came with the address; null if the user has set it, who may not want to show it. */
  home: Home | null;
  overlays: OverlayChoice;
}

/** The place that a page without parameters shows. */
const WORLD: Place = { latitude: 35, longitude: 5, zoom: 1.8 };

/**
 * Reads the query of an address; an invalid parameter counts as missing.
 *
 * @param kept The settings that apply where the address has none.
 */
export function readAddress(search: string, kept: Settings = DEFAULT_SETTINGS): AddressState {
  const query = new URLSearchParams(search);
  const theme = query.get("theme");
  const units = query.get("units");
  const glide = query.get("glide");
  const { focused, others } = parseSelection(query.get("aircraft") ?? "");
  const airport = query.get("airport")?.toUpperCase() ?? "";
  const filters = FILTERS.filter((name) => query.has(name));
  return {
    place: readPlace(query.get("at") ?? ""),
    selected: focused,
    others,
    airport: /^[A-Z0-9]{3,4}$/.test(airport) ? airport : null,
    units: isSystem(units) ? units : kept.units,
    theme: isThemeChoice(theme) ? theme : kept.theme,
    isGliding: glide === "on" || (glide !== "off" && kept.isGliding),
    labels: query.has("labels") ? readLabelFields(query.get("labels") ?? "") : kept.labels,
    filters: new Map(filters.map((name) => [name, query.getAll(name).join(",")])),
    playback: readPlayback(query.get("time") ?? "", query.get("speed") ?? "0"),
    side: SIDES.find((side) => side === query.get("panel")) ?? null,
    isTableOpen: query.get("table") === "open",
    columns: readColumns(query.get("columns")?.split(",")) ?? kept.columns,
    home: parseHome(query.get("home") ?? ""),
    overlays: readOverlays(query),
  };
}

/**
 * Writes the query of an address; everything but the place is left out if it has its default.
 *
 * @param kept The settings that a reload finds: where they differ from a default, the address names it.
 */
export function writeAddress(state: AddressState, kept: Settings = DEFAULT_SETTINGS): string {
  const { latitude, longitude, zoom } = state.place;
  const query = new URLSearchParams([...state.filters]);
  query.set("at", [latitude.toFixed(4), longitude.toFixed(4), zoom.toFixed(2)].join());
  if (state.selected !== null) {
    query.set("aircraft", allOf({ focused: state.selected, others: state.others }).join());
  }
  if (state.airport !== null) {
    query.set("airport", state.airport);
  }
  const isNamed = (name: keyof NamedSettings) =>
    [state[name], kept[name]].some((value) => value !== DEFAULT_SETTINGS[name]);
  if (isNamed("units")) {
    query.set("units", state.units);
  }
  if (isNamed("theme")) {
    query.set("theme", state.theme);
  }
  if (isNamed("isGliding")) {
    query.set("glide", state.isGliding ? "on" : "off");
  }
  if (state.labels.length > 0 || kept.labels.length > 0) {
    query.set("labels", state.labels.join() || "none");
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
  if (state.columns !== null) {
    query.set("columns", state.columns.join());
  }
  if (state.home !== null) {
    query.set("home", writeHome(state.home));
  }
  writeOverlays(state.overlays, query);
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
