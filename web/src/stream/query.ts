/** What the page requests from the stream, and the paths of those requests. */

import type { Playback } from "../core/playback.ts";

/** The filters of docs/stream.md; the page's address has the same names. */
export const FILTERS = [
  "bbox",
  "near",
  "icao24",
  "callsign",
  "country",
  "category",
  "squawk",
  "on_ground",
  "registration",
  "type",
  "operator",
  "military",
  "min_altitude",
  "max_altitude",
  "min_velocity",
  "max_velocity",
] as const;

export type FilterName = (typeof FILTERS)[number];
export type Filters = ReadonlyMap<FilterName, string>;

export interface StreamQuery {
  filters: Filters;
  /** The icao24 of an aircraft that passes every filter, or of several with commas between. */
  pinned: string | null;
  /** Null is live. */
  playback: Playback | null;
  /** What suffices of live data while the connection is slow; null requests all. */
  saving: SavedQuery | null;
}

export interface SavedQuery {
  /** The visible part of the map; null if all aircraft as differences are fewer bytes. */
  bbox: string | null;
}

/** The fields of a row: those that the page shows. */
export const ROW_FIELDS = [
  "callsign",
  "origin_country",
  "time_position",
  "last_contact",
  "longitude",
  "latitude",
  "baro_altitude",
  "geo_altitude",
  "on_ground",
  "velocity",
  "true_track",
  "vertical_rate",
  "squawk",
  "position_source",
  "category",
  "type",
] as const;

/** The fields that a slow connection receives: those that the map draws, and of emergencies. */
const SAVED_FIELDS: readonly (typeof ROW_FIELDS)[number][] = [
  ...(["callsign", "time_position", "last_contact", "longitude", "latitude"] as const),
  ...([
    "baro_altitude",
    "on_ground",
    "velocity",
    "true_track",
    "squawk",
    "category",
    "type",
  ] as const),
];

/** Returns the path of the live stream and its format: `delta` is the smallest, but cannot be filtered. */
export function liveRequest({ filters, pinned, saving }: Omit<StreamQuery, "playback">): {
  path: string;
  format: "delta" | "row";
} {
  const passing = saving === null ? filters : inView(filters, saving);
  if (passing.size === 0) {
    return { path: "sse/flights?format=delta", format: "delta" };
  }
  const fields = saving === null ? ROW_FIELDS : SAVED_FIELDS;
  return { path: rowPath(passing, pinned, fields), format: "row" };
}

/** Narrows filters without an area to what is in view; several areas would each add aircraft. */
function inView(filters: Filters, { bbox }: SavedQuery): Filters {
  const hasArea = filters.has("bbox") || filters.has("near");
  return bbox === null || hasArea ? filters : new Map(filters).set("bbox", bbox);
}

/** Returns the path of a replay between two Unix seconds. */
export function replayPath(
  filters: Filters,
  pinned: string | null,
  { from, to, speed }: { from: number; to: number; speed: number },
): string {
  return `${rowPath(filters, pinned)}&from=${from}&to=${to}&speed=${speed}`;
}

function rowPath(
  filters: Filters,
  pinned: string | null,
  fields: readonly string[] = ROW_FIELDS,
): string {
  const query = new URLSearchParams([...filters]);
  query.set("format", "row");
  query.set("fields", fields.join());
  if (pinned !== null && filters.size > 0) {
    query.set("pinned", pinned);
  }
  return `sse/flights?${query}`;
}
