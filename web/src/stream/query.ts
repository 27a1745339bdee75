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
  "min_altitude",
  "max_altitude",
  "min_velocity",
  "max_velocity",
] as const;

export type FilterName = (typeof FILTERS)[number];
export type Filters = ReadonlyMap<FilterName, string>;

export interface StreamQuery {
  filters: Filters;
  /** The icao24 of an aircraft that passes every filter. */
  pinned: string | null;
  /** Null is live. */
  playback: Playback | null;
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

/** Returns the format to request: `delta` is the smallest, but cannot be filtered. */
export function formatOf(filters: Filters): "delta" | "row" {
  return filters.size === 0 ? "delta" : "row";
}

/** Returns the path of the live stream. */
export function livePath(filters: Filters, pinned: string | null): string {
  return formatOf(filters) === "delta" ? "sse/flights?format=delta" : rowPath(filters, pinned);
}

/** Returns the path of a replay between two Unix seconds. */
export function replayPath(
  filters: Filters,
  pinned: string | null,
  { from, to, speed }: { from: number; to: number; speed: number },
): string {
  return `${rowPath(filters, pinned)}&from=${from}&to=${to}&speed=${speed}`;
}

function rowPath(filters: Filters, pinned: string | null): string {
  const query = new URLSearchParams([...filters]);
  query.set("format", "row");
  query.set("fields", ROW_FIELDS.join());
  if (pinned !== null && filters.size > 0) {
    query.set("pinned", pinned);
  }
  return `sse/flights?${query}`;
}
