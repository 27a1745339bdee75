/** Asks the server for what it has stored: tracks, flights, moments and hours of the past. */

import { ask } from "../core/access.ts";
import {
  type FlightsPage,
  type Hour,
  type Snapshot,
  type TrackAnswer,
  trackOf,
} from "./answers.ts";
import { HistoryError, refusalOf } from "./history-error.ts";
import type { Track } from "./track.ts";

/** Times are Unix seconds; without them it is the current or last flight. */
export interface TrackQuestion {
  from?: number;
  to?: number;
  /** Thins the track so that turns and climbs survive: 2 to 100,000. */
  maxPoints?: number;
}

export interface FlightsQuestion {
  /** With `*` at its end all that begin so. */
  callsign?: string;
  icao24?: string;
  country?: string;
  /** Unix seconds. */
  from?: number;
  to?: number;
  /** Also aircraft that were never seen in the air. */
  include_ground?: boolean;
  bbox?: readonly [west: number, south: number, east: number, north: number];
  limit?: number;
  /** `next` of the page before; everything else as it was. */
  after?: string;
}

/**
 * Asks for a track, in order of time.
 *
 * All of these reject with a `HistoryError` whose message is for the person, or, when the signal
 * aborts, with the browser's own `AbortError`.
 */
export async function fetchTrack(
  icao24: string,
  { from, to, maxPoints }: TrackQuestion = {},
  signal?: AbortSignal,
): Promise<Track> {
  const path = `/api/flights/${encodeURIComponent(icao24)}/track`;
  return trackOf(
    (await answerOf(path, { from, to, max_points: maxPoints }, signal)) as TrackAnswer,
  );
}

/** Asks for a page of flights, newest first. */
export async function fetchFlights(
  question: FlightsQuestion,
  signal?: AbortSignal,
): Promise<FlightsPage> {
  const query = { ...question, bbox: question.bbox?.join() };
  return (await answerOf("/api/history/flights", query, signal)) as FlightsPage;
}

/** Asks for all traffic at a moment, as the stream's rows: a `RowReader` takes it as a snapshot. */
export async function fetchMoment(
  time: number,
  filters: ReadonlyMap<string, string>,
  fields: readonly string[],
  signal?: AbortSignal,
): Promise<Snapshot> {
  const query = { ...Object.fromEntries(filters), time, format: "row", fields: fields.join() };
  return (await answerOf("/api/history/at", query, signal)) as Snapshot;
}

/** Asks how much was stored in each hour; those without anything are left out. */
export async function fetchHours(from: number, to: number, signal?: AbortSignal): Promise<Hour[]> {
  const answer = await answerOf("/api/statistics/hourly", { from, to }, signal);
  return (answer as { hours: Hour[] }).hours;
}

/** As `history.max_window_days`. */
const LONGEST_WINDOW_S = 31 * 86_400;

/** Gives since when there is history, Unix seconds; where nobody can tell, as far as one may ask. */
export async function fetchOldest(now: number): Promise<number> {
  const from = Math.floor(now - LONGEST_WINDOW_S + 60);
  try {
    const hours = await fetchHours(from, Math.floor(now));
    return hours[0]?.hour ?? now;
  } catch {
    return from;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

async function answerOf(path: string, query: Query, signal?: AbortSignal): Promise<unknown> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const answer = await get(`${path}?${search}`, signal);
  const body = await read(answer);
  if (!answer.ok) {
    throw refusalOf(answer.status, body, answer.headers.get("Retry-After"));
  }
  if (body === null) {
    throw new HistoryError(answer.status, "the server's answer cannot be read");
  }
  return body;
}

async function get(url: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await ask(url, signal === undefined ? {} : { signal });
  } catch (error) {
    throw isAbort(error) ? error : new HistoryError(0, "the server does not answer");
  }
}

/** Gives the body; null if it is not JSON, as that of a proxy's own error. */
async function read(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    if (isAbort(error)) {
      throw error;
    }
    return null;
  }
}

/** Says whether a question was given up by who asked it. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
