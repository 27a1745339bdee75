/** Which part of the picture is asked for: the stream's own parameters. */

/** The filters of docs/stream.md; they have the same names in the page's address. */
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

/** What the page shows of an aircraft, as far as a filtered or a past view tells it. */
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
] as const;

/** The stream of the whole picture is the smallest as differences, which know no filters. */
export function formatOf(filters: Filters): "delta" | "row" {
  return filters.size === 0 ? "delta" : "row";
}

/** Gives the path of the living picture; the pinned aircraft passes every filter. */
export function livePath(filters: Filters, pinned: string | null): string {
  return formatOf(filters) === "delta" ? "/sse/flights?format=delta" : rowPath(filters, pinned);
}

/** Gives the path of the past between two Unix seconds. */
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
  return `/sse/flights?${query}`;
}
