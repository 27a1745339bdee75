/** The palette's search returns the best matches first. */

import { describe, expect, test } from "vitest";
import { CATEGORIES } from "../src/core/categories.ts";
import { countCategories, indexOfIgnoringCase, matchNames, search } from "../src/find/search.ts";
import { Fleet } from "../src/stream/fleet.ts";

function fleetOf(rows: readonly (readonly [string, string | null, string | null])[]): Fleet {
  const fleet = new Fleet();
  for (const [icao24, callsign, country] of rows) {
    const slot = fleet.admit(icao24);
    fleet.setText("callsign", slot, callsign);
    fleet.setText("origin_country", slot, country);
  }
  return fleet;
}

const FLEET = fleetOf([
  ["4b1814", "SWR12", "Switzerland"],
  ["4b1815", "SWR1", "Switzerland"],
  ["3c6444", "DLH4AB", "Germany"],
  ["abc123", "ZZSWR1", "United States"],
  ["abc124", null, "United States"],
  ["4ab001", "SAS9", "Sweden"],
  ["0380ff", "VRE50", "Côte d'Ivoire"],
]);

function found(text: string, limit = 10): string[] {
  return search(FLEET, text, limit).aircraft.map(({ icao24 }) => icao24);
}

describe("aircraft", () => {
  test("an equal callsign comes first, then prefixes, then callsigns that contain the text", () => {
    expect(found("swr1")).toEqual(["4b1815", "4b1814", "abc123"]);
  });

  test("addresses match by prefix in either case, after callsigns with that prefix", () => {
    expect(found("4B18")).toEqual(["4b1815", "4b1814"]);
    expect(found("4ab")).toEqual(["4ab001", "3c6444"]);
    expect(found("c12")).toEqual([]);
  });

  test("an aircraft without a callsign is found by its address", () => {
    expect(found("abc124")).toEqual(["abc124"]);
  });

  test("the limit keeps the best matches, and all matches are counted", () => {
    const hits = search(FLEET, "s", 2);
    expect(hits.aircraft.map(({ icao24 }) => icao24)).toEqual(["4ab001", "4b1815"]);
    expect(hits.matching).toBe(4);
  });

  test("an empty text finds nothing, and a removed aircraft is not found", () => {
    expect(found("  ")).toEqual([]);
    const fleet = fleetOf([["4b1814", "SWR12", "Switzerland"]]);
    fleet.remove("4b1814");
    expect(search(fleet, "swr", 5)).toEqual({ aircraft: [], matching: 0, countries: [] });
  });
});

describe("countries", () => {
  test("prefixes come before parts, each country with its number of aircraft", () => {
    expect(search(FLEET, "sw", 5).countries).toEqual([
      { name: "Switzerland", aircraft: 2 },
      { name: "Sweden", aircraft: 1 },
    ]);
    expect(search(FLEET, "ed", 5).countries.map(({ name }) => name)).toEqual([
      "United States",
      "Sweden",
    ]);
  });

  test("accents are ignored, and the beginning of a later word ranks second", () => {
    expect(search(FLEET, "cote", 5).countries).toEqual([{ name: "Côte d'Ivoire", aircraft: 1 }]);
    const counts = ["Tunisia", "Spain", "Republic of Un", "United"].map((name) => ({
      name,
      aircraft: 1,
    }));
    expect(matchNames(counts, "un").map(({ name }) => name)).toEqual([
      "United",
      "Republic of Un",
      "Tunisia",
    ]);
  });
});

test("texts are compared without ASCII case, and not beyond their end", () => {
  expect(indexOfIgnoringCase("ZZSwr1", "swr")).toBe(2);
  expect(indexOfIgnoringCase("SW", "swr")).toBe(-1);
  expect(indexOfIgnoringCase("[", "{")).toBe(-1);
});

test("categories are counted by name, and 0 and 1 share a name", () => {
  const fleet = new Fleet();
  [0, 1, 6, Number.NaN].forEach((category, index) => {
    fleet.setMeasure("category", fleet.admit(`00000${index}`), category);
  });
  expect(Object.fromEntries(countCategories(fleet))).toEqual({
    [CATEGORIES[0] as string]: 2,
    heavy: 1,
  });
});
