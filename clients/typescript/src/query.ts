/** What to request: filters, fields, a time of the past. */

import type { Field } from "./events.ts";

type Value = string | number | boolean;
export type Values = Value | readonly Value[];

/** The parameters of the stream; several values of one are alternatives. docs/stream.md describes them. */
export interface Query {
  /** Degrees: `west,south,east,north`; up to 16 boxes. */
  bbox?: string | readonly string[];
  /** `latitude,longitude,kilometres`; up to 16 circles. */
  near?: string | readonly string[];
  icao24?: string | readonly string[];
  /** `SWR*` matches all that begin so. */
  callsign?: string | readonly string[];
  country?: string | readonly string[];
  category?: number | readonly number[];
  /** Four octal digits, or `emergency`. */
  squawk?: string | readonly string[];
  on_ground?: boolean;
  /** Metres. */
  min_altitude?: number;
  max_altitude?: number;
  /** Metres per second. */
  min_velocity?: number;
  max_velocity?: number;
  /** Aircraft that are sent whatever the other filters say. */
  pinned?: string | readonly string[];
  registration?: string | readonly string[];
  type?: string | readonly string[];
  operator?: string | readonly string[];
  military?: boolean;
  /** The past from this time on: Unix seconds, or ISO 8601 with a zone. */
  from?: number | string;
  /** The last second of the past; without it the live stream follows. */
  to?: number | string;
  /** Seconds of the past per second, or `max`. */
  speed?: number | "max";
}

/**
 * How aircraft are sent: `row` has all fields and is small, `object` has every digit of OpenSky's,
 * `delta` is the smallest, for the whole live fleet only; it lacks `sensors`, `geo_altitude`, `spi`
 * and `position_source`, and has `type`.
 */
export type Format = "row" | "object" | "delta";

/** Returns the address of a stream below the address of the page. */
export function streamUrl(
  server: string | URL,
  query: Query,
  fields: readonly Field[],
  format: Format,
): URL {
  const folder = String(server).replace(/\/*$/, "/");
  const url = new URL("sse/flights", folder);
  for (const [name, values] of Object.entries(query) as [string, Values | undefined][]) {
    for (const value of values === undefined ? [] : [values].flat()) {
      url.searchParams.append(name, String(value));
    }
  }
  url.searchParams.set("format", format);
  if (fields.length > 0) {
    url.searchParams.set("fields", fields.join(","));
  }
  return url;
}
