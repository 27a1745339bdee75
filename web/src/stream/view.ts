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

const ROW_FIELDS = [
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
].join();

/** The stream of the whole picture is the smallest as differences, which know no filters. */
export function formatOf(filters: Filters): "delta" | "row" {
  return filters.size === 0 ? "delta" : "row";
}

/** Gives the stream's path; the selected aircraft passes every filter. */
export function streamPath(filters: Filters, selected: string | null): string {
  if (formatOf(filters) === "delta") {
    return "/sse/flights?format=delta";
  }
  const query = new URLSearchParams([...filters]);
  query.set("format", "row");
  query.set("fields", ROW_FIELDS);
  if (selected !== null) {
    query.set("pinned", selected);
  }
  return `/sse/flights?${query}`;
}
