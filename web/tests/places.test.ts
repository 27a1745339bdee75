/** The airports and cities that come with the page, and how the search finds them. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { NEVER, type PackedPlaces, type Places, unpackPlaces } from "../src/core/places.ts";
import { PlaceSearch } from "../src/find/place-search.ts";
import { placeFeatures } from "../src/map/place-features.ts";

const PARTS = ["major", "minor"].map((name) => {
  const path = new URL(`../geography/places-${name}.bin`, import.meta.url);
  return unpackPlaces(JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as PackedPlaces);
});
const PLACES: Places = {
  airports: PARTS.flatMap(({ airports }) => airports),
  cities: PARTS.flatMap(({ cities }) => cities),
};
const closed = PLACES.airports.filter(({ zoom }) => zoom === NEVER);
const search = new PlaceSearch(PLACES);

function airport(icao: string) {
  const found = PLACES.airports.find((one) => one.icao === icao);
  if (found === undefined) {
    throw new Error(`no airport ${icao}`);
  }
  return found;
}

/** The codes of the airports that a text finds. */
function codes(text: string): string[] {
  return search.find(text, 4).airports.map(({ icao }) => icao);
}

describe("the files", () => {
  test("have every airport of the processor's table", () => {
    const table = new URL("../../processor/reference/airports.csv.gz", import.meta.url);
    const lines = gunzipSync(readFileSync(table)).toString("utf8").trimEnd().split("\n");
    expect(PLACES.airports.length).toBe(lines.length - 1);
  });

  test("have names, positions and elevations as they are", () => {
    const zurich = airport("LSZH");
    expect(zurich).toMatchObject({ iata: "ZRH", city: "Zürich", country: "CH" });
    expect(zurich.latitude).toBeCloseTo(47.46, 1);
    expect(zurich.longitude).toBeCloseTo(8.55, 1);
    expect(Math.abs(zurich.altitude - 432)).toBeLessThan(10);
  });

  test("show large airports first, then those with scheduled flights, and no closed ones", () => {
    expect(airport("LSZH").zoom).toBeLessThan(airport("LSZB").zoom);
    expect(airport("LSZB").zoom).toBeLessThan(airport("00AK").zoom);
    expect(closed.length).toBeGreaterThan(0);
  });

  test("show cities by population", () => {
    const zooms = ["Tokyo", "Zürich", "Olten"].map(
      (name) => PLACES.cities.find((city) => city.name === name)?.zoom ?? Number.NaN,
    );
    expect(zooms).toEqual(zooms.toSorted((one, other) => one - other));
    expect(new Set(zooms).size).toBe(3);
  });

  test("begin with what the map shows up to zoom 7", () => {
    const [major, minor] = PARTS as [Places, Places];
    expect(Math.max(...major.airports.map(({ zoom }) => zoom))).toBeLessThanOrEqual(7);
    expect(Math.min(...minor.airports.map(({ zoom }) => zoom))).toBeGreaterThan(7);
    expect(Math.max(...major.cities.map(({ zoom }) => zoom))).toBeLessThanOrEqual(7);
    expect(Math.min(...minor.cities.map(({ zoom }) => zoom))).toBeGreaterThan(7);
  });
});

describe("the map's features", () => {
  const { features } = placeFeatures(PLACES);

  test("are ordered by zoom level, in which order the map places their labels", () => {
    const zooms = features.map(({ properties }) => properties?.zoom as number);
    expect(zooms).toEqual(zooms.toSorted((one, other) => one - other));
  });

  test("leave closed airports out, and name the others by the codes that the server knows", () => {
    const shown = features.flatMap(({ properties }) => (properties?.icao as string) ?? []);
    expect(shown).toContain("LSZH");
    expect(shown).not.toContain(closed[0]?.icao);
    expect(shown.length).toBe(PLACES.airports.length - closed.length);
  });
});

describe("the search", () => {
  test("finds an airport by either code, and says that it is one", () => {
    expect(codes("zrh")[0]).toBe("LSZH");
    expect(codes("LSZH")[0]).toBe("LSZH");
    expect(search.find("ZRH", 4).isCode).toBe(true);
    expect(search.find("zuri", 4).isCode).toBe(false);
  });

  test("finds airports by the beginning of a code, by a name and by a city, without accents", () => {
    expect(codes("egl")).toContain("EGLL");
    expect(codes("heathrow")[0]).toBe("EGLL");
    expect(codes("zurich")).toContain("LSZH");
    expect(codes("kennedy")).toContain("KJFK");
  });

  test("finds cities, the largest first, each with its country", () => {
    const [first] = search.find("paris", 4).cities;
    expect(first).toMatchObject({ name: "Paris", country: "FR" });
    expect(search.find("munchen", 4).cities.length).toBeGreaterThan(0);
  });

  test("keeps to its limit, and finds nothing for a single letter", () => {
    expect(search.find("san", 3).airports.length).toBe(3);
    expect(search.find("san", 3).cities.length).toBe(3);
    expect(search.find("s", 3)).toEqual({ airports: [], cities: [], isCode: false });
  });
});
