/** What a person types to find past flights, as the question to the history that it means. */

import type { FlightsQuestion } from "../history/history-client.ts";
import { spanOf } from "./span.ts";

export const KINDS = ["callsign", "icao24", "country"] as const;
export type Kind = (typeof KINDS)[number];

export interface Search {
  kind: Kind;
  text: string;
  /** Of the reader's calendar, as `2026-09-21`; empty for any. */
  day: string;
}

/** Gives the question, or a sentence that says what to type instead. */
export function questionOf({ kind, text, day }: Search): FlightsQuestion | string {
  const typed = text.trim();
  if (typed === "") {
    return "Type the beginning of a callsign, an address or a country.";
  }
  if (kind === "callsign") {
    return callsignQuestion(typed, day);
  }
  if (kind === "icao24") {
    return /^[0-9a-f]{6}$/i.test(typed)
      ? { icao24: typed.toLowerCase(), ...within(day) }
      : "An icao24 address has six digits of 0 to 9 and a to f, such as 4b1814.";
  }
  return { country: typed, ...within(day) };
}

function callsignQuestion(typed: string, day: string): FlightsQuestion | string {
  const beginning = typed.replace(/\*+$/, "").toUpperCase();
  return /^[A-Z0-9]+$/.test(beginning)
    ? { callsign: `${beginning}*`, ...within(day) }
    : "A callsign has letters and digits only, such as SWR7EA; its beginning is enough.";
}

function within(day: string): { from?: number; to?: number } {
  if (day === "") {
    return {};
  }
  const { from, to } = spanOf(day, Number.POSITIVE_INFINITY);
  return { from, to: to - 1 };
}
