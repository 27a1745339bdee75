/** Filters the table's rows by a text in the callsign, icao24, country, or what the server knows of the aircraft. */

import type { Identities, Identity } from "../store/identities.ts";
import type { Fleet } from "../stream/fleet.ts";

/** Returns a function that says whether the aircraft in a slot matches; all match an empty text. */
export function textFilter(
  fleet: Fleet,
  text: string,
  identities: Pick<Identities, "of">,
): (slot: number) => boolean {
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
    isInCountry(countries[slot] ?? "") ||
    isIdentified(identities.of(fleet.icao24[slot] ?? ""), lower);
}

function isIdentified(identity: Identity | undefined, lower: string): boolean {
  const texts = [identity?.registration, identity?.type, identity?.operator];
  return texts.some((text) => text?.toLowerCase().includes(lower));
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
