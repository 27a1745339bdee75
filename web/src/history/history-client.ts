/** Requests what the server has stored: tracks, flights, snapshots and hourly statistics. */

import { request } from "../core/access.ts";
import { HistoryError, historyErrorOf } from "./history-error.ts";
import {
  type AirportResponse,
  type Board,
  type DensityOfDay,
  type FlightsPage,
  type Hour,
  type SeveralTracks,
  type Snapshot,
  type TrackResponse,
  trackOf,
  tracksOf,
} from "./responses.ts";
import type { Track } from "./track.ts";

/** Times are Unix seconds; without them the track is that of the current or last flight. */
export interface TrackQuery {
  from?: number;
  to?: number;
  /** Downsamples the track, keeping turns and climbs: 2 to 100,000 points. */
  maxPoints?: number;
}

export interface FlightsQuery {
  /** With `*` at its end: all callsigns that begin like this. */
  callsign?: string;
  icao24?: string;
  country?: string;
  /** The code of the airport of the take-off or the landing. */
  airport?: string;
  /** Unix seconds. */
  from?: number;
  to?: number;
  /** Also aircraft that were never seen in the air. */
  include_ground?: boolean;
  bbox?: readonly [west: number, south: number, east: number, north: number];
  limit?: number;
  /** `next` of the previous page, with the rest of the query unchanged. */
  after?: string;
}

/**
 * Fetches a track, in order of time.
 *
 * This and the functions below reject with a `HistoryError` whose message is for the user or, after
 * an abort, with the browser's `AbortError`.
 */
export async function fetchTrack(
  icao24: string,
  { from, to, maxPoints }: TrackQuery = {},
  signal?: AbortSignal,
): Promise<Track> {
  const path = `api/flights/${encodeURIComponent(icao24)}/track`;
  return trackOf(
    (await fetchBody(path, { from, to, max_points: maxPoints }, signal)) as TrackResponse,
  );
}

/** The most tracks in one answer. */
export const MAX_TRACKS = 50;

/**
 * Fetches the tracks of up to MAX_TRACKS aircraft by icao24; those without any are left out.
 *
 * @param query.time Unix seconds: the flights under way then; undefined is the current or last flights.
 * @param query.maxPoints Of each track: 2 to 1,000.
 */
export async function fetchTracks(
  icao24s: readonly string[],
  query: { time?: number | undefined; maxPoints: number },
  signal?: AbortSignal,
): Promise<Map<string, Track>> {
  const { time, maxPoints } = query;
  const asked = { icao24: icao24s.join(), time, max_points: maxPoints };
  return tracksOf((await fetchBody("api/history/tracks", asked, signal)) as SeveralTracks);
}

/** Fetches the density of a UTC day (2026-09-21), in cells of so many degrees: 0.5, 1, 2 or 5. */
export async function fetchDensity(
  day: string,
  cell: number,
  signal?: AbortSignal,
): Promise<DensityOfDay> {
  return (await fetchBody("api/history/density", { day, cell }, signal)) as DensityOfDay;
}

/** Fetches a page of flights, newest first. */
export async function fetchFlights(
  flights: FlightsQuery,
  signal?: AbortSignal,
): Promise<FlightsPage> {
  const query = { ...flights, bbox: flights.bbox?.join() };
  return (await fetchBody("api/history/flights", query, signal)) as FlightsPage;
}

/** Fetches an airport by its ICAO or IATA code. */
export async function fetchAirport(code: string, signal?: AbortSignal): Promise<AirportResponse> {
  return (await fetchBody(airportPath(code), {}, signal)) as AirportResponse;
}

/** Fetches what landed and took off at an airport in the last hours. */
export async function fetchBoard(
  code: string,
  hours: number,
  signal?: AbortSignal,
): Promise<Board> {
  return (await fetchBody(`${airportPath(code)}/board`, { hours }, signal)) as Board;
}

function airportPath(code: string): string {
  return `api/airports/${encodeURIComponent(code)}`;
}

/** Fetches all traffic at a time, as rows: a `RowReader` applies it as a `snapshot` event. */
export async function fetchSnapshot(
  time: number,
  filters: ReadonlyMap<string, string>,
  fields: readonly string[],
  signal?: AbortSignal,
): Promise<Snapshot> {
  const query = { ...Object.fromEntries(filters), time, format: "row", fields: fields.join() };
  return (await fetchBody("api/history/at", query, signal)) as Snapshot;
}

/** Fetches the traffic of each hour; hours without any are left out. */
export async function fetchHours(from: number, to: number, signal?: AbortSignal): Promise<Hour[]> {
  const body = await fetchBody("api/statistics/hourly", { from, to }, signal);
  return (body as { hours: Hour[] }).hours;
}

/** The same as `history.max_window_days`. */
const MAX_WINDOW_S = 31 * 86_400;

/** Returns the Unix seconds of the oldest stored hour; on an error, of the oldest that may be requested. */
export async function fetchOldest(now: number): Promise<number> {
  const from = Math.floor(now - MAX_WINDOW_S + 60);
  try {
    const hours = await fetchHours(from, Math.floor(now));
    return hours[0]?.hour ?? now;
  } catch {
    return from;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

async function fetchBody(path: string, query: Query, signal?: AbortSignal): Promise<unknown> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const response = await get(`${path}?${search}`, signal);
  const body = await readJson(response);
  if (!response.ok) {
    throw historyErrorOf(response.status, body, response.headers.get("Retry-After"));
  }
  if (body === null) {
    throw new HistoryError(response.status, "the server's answer cannot be read");
  }
  return body;
}

async function get(url: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await request(url, signal === undefined ? {} : { signal });
  } catch (error) {
    throw isAbort(error) ? error : new HistoryError(0, "the server does not answer");
  }
}

/** Returns the body; null if it is not JSON, as in the error page of a proxy. */
async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (isAbort(error)) {
      throw error;
    }
    return null;
  }
}

/** Whether a request failed because its own caller aborted it. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
