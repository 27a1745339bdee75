/** Filters the table's rows by a text in the callsign, icao24 or country. */

import type { Fleet } from "../stream/fleet.ts";

/** Returns a function that says whether the aircraft in a slot matches; all match an empty text. */
export function textFilter(fleet: Fleet, text: string): (slot: number) => boolean {
  const lower = text.trim().toLowerCase();
  if (lower === "") {
    return () => true;
  }
  const upper = lower.toUpperCase();
  const callsigns = fleet.texts("callsign");
  const countries = fleet.texts("origin_country");
  const isInCountry = memoize((country) => country.toLowerCase().includes(lower));
  return (slot) =>
    (callsigns[slot] ?? "").includes(upper) ||
    (fleet.icao24[slot] ?? "").includes(lower) ||
    isInCountry(countries[slot] ?? "");
}

/** Tests each word once: the fleet has thousands of aircraft but few countries. */
function memoize(test: (word: string) => boolean): (word: string) => boolean {
  const results = new Map<string, boolean>();
  return (word) => {
    const result = results.get(word) ?? test(word);
    results.set(word, result);
    return result;
  };
}
