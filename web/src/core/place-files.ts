/** Where the files of airports and cities are, for the map's worker and for the search. */

import majorUrl from "../../geography/places-major.bin?url";
import minorUrl from "../../geography/places-minor.bin?url";
import { fetchPacked } from "./packed.ts";
import { type PackedPlaces, type Places, unpackPlaces } from "./places.ts";

/** Fetches what the map shows up to zoom 7. Rejects with an error whose message says what to do. */
export async function fetchMajorPlaces(): Promise<Places> {
  return fetchPlaces(majorUrl);
}

/** Fetches both files. Rejects as above. */
export async function fetchAllPlaces(): Promise<Places> {
  const [major, minor] = await Promise.all([fetchPlaces(majorUrl), fetchPlaces(minorUrl)]);
  return {
    airports: [...major.airports, ...minor.airports],
    cities: [...major.cities, ...minor.cities],
  };
}

async function fetchPlaces(url: string): Promise<Places> {
  const text = new TextDecoder().decode(await fetchPacked(url));
  return unpackPlaces(JSON.parse(text) as PackedPlaces);
}
