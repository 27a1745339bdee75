/** Turns the fields of the flight search into a query to the history API. */

import type { FlightsQuery } from "../history/history-client.ts";
import { rangeOf } from "./time-range.ts";

export const KINDS = ["callsign", "icao24", "country", "airport"] as const;
export type Kind = (typeof KINDS)[number];

export interface Search {
  kind: Kind;
  text: string;
  /** A day of the user's calendar, as `2026-09-21`; empty for any day. */
  day: string;
}

/** Returns the query, or a sentence that says what to type instead. */
export function queryOf({ kind, text, day }: Search): FlightsQuery | string {
  const typed = text.trim();
  if (typed === "") {
    return "Type the beginning of a callsign, an icao24 address, a country or the code of an airport.";
  }
  if (kind === "callsign") {
    return callsignQuery(typed, day);
  }
  if (kind === "icao24") {
    return /^[0-9a-f]{6}$/i.test(typed)
      ? { icao24: typed.toLowerCase(), ...timesOf(day) }
      : "An icao24 address has six digits of 0 to 9 and a to f, such as 4b1814.";
  }
  if (kind === "airport") {
    return /^[A-Z0-9]{3,4}$/i.test(typed)
      ? { airport: typed.toUpperCase(), ...timesOf(day) }
      : "An airport has a code of three or four letters or digits, such as ZRH or LSZH; the search (/) finds it by name.";
  }
  return { country: typed, ...timesOf(day) };
}

function callsignQuery(typed: string, day: string): FlightsQuery | string {
  const beginning = typed.replace(/\*+$/, "").toUpperCase();
  return /^[A-Z0-9]+$/.test(beginning)
    ? { callsign: `${beginning}*`, ...timesOf(day) }
    : "A callsign has letters and digits only, such as SWR7EA; its beginning is enough.";
}

function timesOf(day: string): { from?: number; to?: number } {
  if (day === "") {
    return {};
  }
  const { from, to } = rangeOf(day, Number.POSITIVE_INFINITY);
  return { from, to: to - 1 };
}
