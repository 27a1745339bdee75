/** Finds airports and cities by a typed text; loaded, with its data, when the search is first opened. */

import { fetchAllPlaces } from "../core/place-files.ts";
import type { Airport, City, Places } from "../core/places.ts";
import { normalizeName } from "./search.ts";

export interface FoundPlaces {
  /** The best matches first, at most as many as the limit. */
  airports: readonly Airport[];
  cities: readonly City[];
  /** Whether the text is the code of the first airport. */
  isCode: boolean;
}

/** Ranks of a match; a lower rank is better. */
const CODE = 0;
const WHOLE_NAME = 1;
/** A word or the code begins like this. */
const PREFIX = 2;
const PART = 3;
const NO_MATCH = 4;
const RANKS = NO_MATCH;

/** Shorter texts match codes and the beginnings of words only. */
const MIN_PART = 4;

export class PlaceSearch {
  private readonly places: Places;
  /** Names without case and accents, each with a space before it and a line break after it, by which words are found. */
  private readonly airportNames: readonly string[];
  private readonly cityNames: readonly string[];

  /** @param places In order of importance, which decides between equal matches. */
  constructor(places: Places) {
    this.places = places;
    this.airportNames = places.airports.map(({ name, city }) => wordsOf(name) + wordsOf(city));
    this.cityNames = places.cities.map(({ name }) => wordsOf(name));
  }

  find(text: string, limit: number): FoundPlaces {
    const wanted = normalizeName(text.trim());
    if (wanted.length < 2) {
      return { airports: [], cities: [], isCode: false };
    }
    const { airports, cities } = this.places;
    const code = wanted.toUpperCase();
    const airportRank = (index: number) =>
      Math.min(rankCodes(airports[index], code), rankName(this.airportNames[index], wanted));
    const cityRank = (index: number) => rankName(this.cityNames[index], wanted);
    const found = best(airports, airportRank, limit);
    return {
      airports: found,
      cities: best(cities, cityRank, limit),
      isCode: rankCodes(found[0], code) === CODE,
    };
  }
}

/** Fetches the places. Rejects with an error whose message says what to do. */
export async function loadPlaceSearch(): Promise<PlaceSearch> {
  return new PlaceSearch(await fetchAllPlaces());
}

function rankCodes(airport: Airport | undefined, code: string): number {
  if (airport === undefined) {
    return NO_MATCH;
  }
  if (airport.iata === code || airport.icao === code) {
    return CODE;
  }
  return airport.icao.startsWith(code) ? PREFIX : NO_MATCH;
}

function wordsOf(name: string): string {
  return ` ${normalizeName(name)}\n`;
}

/** @param name One name or several, each as `wordsOf` returns it. */
function rankName(name = "", wanted: string): number {
  const at = name.indexOf(` ${wanted}\n`);
  if (at === 0 || name[at - 1] === "\n") {
    return WHOLE_NAME;
  }
  if (name.includes(` ${wanted}`)) {
    return PREFIX;
  }
  return wanted.length >= MIN_PART && name.includes(wanted) ? PART : NO_MATCH;
}

/** Returns the best items, in their order within each rank, without sorting all that match. */
function best<Item>(
  items: readonly Item[],
  rankOf: (index: number) => number,
  limit: number,
): Item[] {
  const byRank: Item[][] = Array.from({ length: RANKS }, () => []);
  for (const [index, item] of items.entries()) {
    const ranked = byRank[rankOf(index)];
    if (ranked !== undefined && ranked.length < limit) {
      ranked.push(item);
    }
  }
  return byRank.flat().slice(0, limit);
}
