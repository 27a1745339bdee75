/** What the table sorts by: a number for each slot, NaN for what was not received. */

import type { Fleet, Measure, Text } from "../stream/fleet.ts";

/** Writes a key for each slot of the fleet. */
export type Keys = (fleet: Fleet, keys: Float64Array) => void;

const CODE_LENGTH = 8;
const CODE_BITS = 64;

/** Sorts by a measure, or from the greatest to the least with a `sign` of -1. */
export function byMeasure(measure: Measure, sign: 1 | -1 = 1): Keys {
  return (fleet, keys) => {
    const column = fleet.column(measure);
    for (let slot = 0; slot < fleet.end; slot++) {
      keys[slot] = sign * (column[slot] as number);
    }
  };
}

/** Sorts by a text of up to eight letters and digits. */
export function byCode(text: "icao24" | Text): Keys {
  return (fleet, keys) => {
    const codes = text === "icao24" ? fleet.icao24 : fleet.texts(text);
    for (let slot = 0; slot < fleet.end; slot++) {
      keys[slot] = codeKey(codes[slot]);
    }
  };
}

/** Sorts by a text of which there are few different ones. */
export function byWord(text: Text): Keys {
  return (fleet, keys) => {
    const words = fleet.texts(text);
    const places = placesOf(words);
    for (let slot = 0; slot < fleet.end; slot++) {
      keys[slot] = places.get(words[slot] ?? "") ?? Number.NaN;
    }
  };
}

/** Packs a code into one number, in which 48 bits are exact: comparing numbers is quick. */
export function codeKey(code: string | null | undefined): number {
  if (code == null || code === "") {
    return Number.NaN;
  }
  let key = 0;
  for (let index = 0; index < CODE_LENGTH; index++) {
    key = key * CODE_BITS + (index < code.length ? letterOf(code.charCodeAt(index)) : 0);
  }
  return key;
}

/** Both cases are one letter; what is neither letter nor digit has a place too. */
function letterOf(character: number): number {
  const upper = character >= 97 ? character - 32 : character;
  return Math.min(Math.max(upper - 32, 0), CODE_BITS - 1);
}

function placesOf(words: readonly (string | null)[]): Map<string, number> {
  const different = new Set<string>();
  for (const word of words) {
    if (word != null && word !== "") {
      different.add(word);
    }
  }
  const inOrder = [...different].sort((one, other) => one.localeCompare(other, "en"));
  return new Map(inOrder.map((word, place) => [word, place]));
}
