/** Who stays in the table when somebody writes into its field: callsign, icao24 or country. */

import type { Fleet } from "../stream/fleet.ts";

/** Gives the test that a slot must pass; a text of nothing lets everybody pass. */
export function narrow(fleet: Fleet, text: string): (slot: number) => boolean {
  const lower = text.trim().toLowerCase();
  if (lower === "") {
    return () => true;
  }
  const upper = lower.toUpperCase();
  const callsigns = fleet.texts("callsign");
  const countries = fleet.texts("origin_country");
  const isIn = remember((country) => country.toLowerCase().includes(lower));
  return (slot) =>
    (callsigns[slot] ?? "").includes(upper) ||
    (fleet.icao24[slot] ?? "").includes(lower) ||
    isIn(countries[slot] ?? "");
}

/** Countries are few: each is looked at once, not once for each aircraft. */
function remember(test: (word: string) => boolean): (word: string) => boolean {
  const known = new Map<string, boolean>();
  return (word) => {
    const answer = known.get(word) ?? test(word);
    known.set(word, answer);
    return answer;
  };
}
