/** The keys by which the table sorts: one number per slot, NaN for a missing value. */

import type { Home } from "../store/home.ts";
import type { Identities } from "../store/identities.ts";
import type { Fleet, Measure, Text } from "../stream/fleet.ts";

/** What sort keys depend on besides the fleet. */
export interface SortContext {
  /** Null if the user has set none. */
  home: Home | null;
  identities: Pick<Identities, "of">;
}

/** Writes the sort key of each slot into `keys`. */
export type SortKeyWriter = (fleet: Fleet, keys: Float64Array, context: SortContext) => void;

/** Eight characters of 6 bits are 48 bits, which a double holds exactly. */
const CODE_LENGTH = 8;
const CHARACTER_VALUES = 64;

/** Sorts by a measure; a `sign` of -1 reverses the order. */
export function byMeasure(measure: Measure, sign: 1 | -1 = 1): SortKeyWriter {
  return (fleet, keys) => {
    const column = fleet.column(measure);
    for (let slot = 0; slot < fleet.end; slot++) {
      keys[slot] = sign * (column[slot] as number);
    }
  };
}

/** Sorts by a code of up to eight letters and digits. */
export function byCode(text: "icao24" | Text): SortKeyWriter {
  return (fleet, keys) => {
    const codes = text === "icao24" ? fleet.icao24 : fleet.texts(text);
    for (let slot = 0; slot < fleet.end; slot++) {
      keys[slot] = codeKey(codes[slot]);
    }
  };
}

/** Sorts alphabetically by a text with few distinct values. */
export function byWord(text: Text): SortKeyWriter {
  return (fleet, keys) => writeRanks(fleet.texts(text), fleet.end, keys);
}

/** Sorts alphabetically by what the server knows of the aircraft. */
export function byIdentity(field: "registration" | "type" | "operator"): SortKeyWriter {
  return (fleet, keys, { identities }) => {
    const words = fleet.icao24.map((icao24) => identities.of(icao24 ?? "")?.[field] ?? null);
    writeRanks(words, fleet.end, keys);
  };
}

function writeRanks(words: readonly (string | null)[], end: number, keys: Float64Array): void {
  const ranks = alphabeticalRanks(words);
  for (let slot = 0; slot < end; slot++) {
    keys[slot] = ranks.get(words[slot] ?? "") ?? Number.NaN;
  }
}

/** Packs a code into one number, as numbers are compared faster than texts. */
export function codeKey(code: string | null | undefined): number {
  if (code == null || code === "") {
    return Number.NaN;
  }
  let key = 0;
  for (let index = 0; index < CODE_LENGTH; index++) {
    const value = index < code.length ? characterValue(code.charCodeAt(index)) : 0;
    key = key * CHARACTER_VALUES + value;
  }
  return key;
}

/** Returns 0 to 63 in the order of ASCII; lower case counts as upper case. */
function characterValue(character: number): number {
  const upper = character >= 97 ? character - 32 : character;
  return Math.min(Math.max(upper - 32, 0), CHARACTER_VALUES - 1);
}

function alphabeticalRanks(words: readonly (string | null)[]): Map<string, number> {
  const distinct = new Set<string>();
  for (const word of words) {
    if (word != null && word !== "") {
      distinct.add(word);
    }
  }
  const inOrder = [...distinct].sort((one, other) => one.localeCompare(other, "en"));
  return new Map(inOrder.map((word, rank) => [word, rank]));
}
