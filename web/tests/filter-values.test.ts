/** What stands in the filter form and what the stream is asked for mean the same. */

import { describe, expect, test } from "vitest";
import { SYSTEMS } from "../src/core/units.ts";
import {
  categoriesNamed,
  categoryNames,
  type FilterValues,
  isSameFilter,
  readFilters,
  writeFilters,
} from "../src/find/filter-values.ts";
import { describeArea, describeFilter } from "../src/find/filter-words.ts";
import { readNumber } from "../src/find/unit-fields.ts";
import type { FilterName, Filters } from "../src/stream/query.ts";

const NONE: Filters = new Map();

const ALL: Filters = new Map<FilterName, string>([
  ["bbox", "5.9,45.8,10.5,47.9"],
  ["near", "47.45,8.55,50"],
  ["icao24", "4b1814,3c6444"],
  ["callsign", "SWR*,DLH4AB"],
  ["country", "United States,Côte d'Ivoire"],
  ["category", "0,1,6"],
  ["squawk", "7000,emergency"],
  ["on_ground", "false"],
  ["min_altitude", "3000"],
  ["max_altitude", "9999.9"],
  ["min_velocity", "100"],
  ["max_velocity", "257.22"],
]);

function fill(values: Partial<FilterValues>): FilterValues {
  return { ...readFilters(NONE, "metric"), ...values };
}

describe("filters into fields and back", () => {
  test.each(SYSTEMS)("untouched they stay as they are, to the digit, in %s units", (system) => {
    expect(writeFilters(readFilters(ALL, system), system, ALL).filters).toEqual(ALL);
  });

  test("typed anew they are the same too", () => {
    const written = writeFilters(readFilters(ALL, "metric"), "metric", NONE).filters;
    const expected = new Map(ALL).set("max_altitude", "10000").set("max_velocity", "257.22");
    expect(written).toEqual(expected);
  });

  test("empty fields narrow nothing", () => {
    expect(writeFilters(fill({}), "metric", ALL).filters).toEqual(NONE);
  });

  test.each([
    ["metric", "3,000", "900", "3000", "250"],
    ["nautical", "10 000", "486", "3048", "250.02"],
    ["imperial", "10000", "559", "3048", "249.9"],
  ] as const)("%s measures become metres and m/s", (system, altitude, speed, metres, perSecond) => {
    const values = fill({ min_altitude: altitude, max_velocity: speed });
    const { filters } = writeFilters(values, system, NONE);
    expect(filters.get("min_altitude")).toBe(metres);
    expect(filters.get("max_velocity")).toBe(perSecond);
    const shown = readFilters(filters, system);
    expect(shown.min_altitude).toBe(altitude.replace(/[ ,]/, ""));
    expect(shown.max_velocity).toBe(speed);
  });

  test("texts are brought into the stream's form, each once", () => {
    const values = fill({ callsign: " swr*  dlh4ab,swr* ", icao24: "4B1814 3C6444," });
    expect(writeFilters(values, "metric", NONE).filters).toEqual(
      new Map([
        ["icao24", "4b1814,3c6444"],
        ["callsign", "SWR*,DLH4AB"],
      ]),
    );
  });
});

describe("what cannot be used", () => {
  test.each<[FilterName, string]>([
    ["icao24", "4b181"],
    ["icao24", "xyzxyz"],
    ["callsign", "S*R"],
    ["callsign", "ABCDEFGHI"],
    ["squawk", "7800"],
    ["squawk", "700"],
    ["min_altitude", "high"],
    ["max_velocity", "1e999"],
    ["bbox", "1,2,3"],
  ])("%s=%s is told of, and what is in force stays", (name, text) => {
    const { filters, errors } = writeFilters(fill({ [name]: text }), "metric", NONE);
    expect(errors.get(name)).toContain(`“${text}”`);
    expect(filters).toEqual(NONE);
    const before: Filters = new Map([[name, "before"]]);
    expect(writeFilters(fill({ [name]: text }), "metric", before).filters).toEqual(before);
  });

  test("more than a thousand values are told of", () => {
    const addresses = Array.from({ length: 1_001 }, (_, index) => String(100_000 + index));
    const { filters, errors } = writeFilters(fill({ icao24: addresses.join() }), "metric", NONE);
    expect(errors.get("icao24")).toContain("1000");
    expect(filters.size).toBe(0);
  });

  test("a range that nothing can be in is told of, and neither end is taken", () => {
    const values = fill({ min_altitude: "5000", max_altitude: "3000", callsign: "SWR*" });
    const before: Filters = new Map([["max_altitude", "3000"]]);
    const { filters, errors } = writeFilters(values, "metric", before);
    expect([...errors.keys()]).toEqual(["min_altitude", "max_altitude"]);
    expect(filters).toEqual(
      new Map([
        ["callsign", "SWR*"],
        ["max_altitude", "3000"],
      ]),
    );
  });
});

describe("filters in words", () => {
  test.each<[FilterName, string, string]>([
    ["country", "Germany,France", "country Germany, France"],
    ["icao24", "a00001,a00002,a00003,a00004,a00005", "icao24 a00001, a00002, a00003 and 2 more"],
    ["min_altitude", "3000", "above 3,000 m"],
    ["max_velocity", "250", "slower than 900 km/h"],
    ["category", "0,1,8", "category unknown, rotorcraft"],
    ["squawk", "emergency", "emergencies"],
    ["squawk", "7000", "squawk 7000"],
    ["on_ground", "true", "on the ground"],
    ["bbox", "5.9,45.8,10.5,47.9", "area"],
    ["near", "47.45,8.55,50", "within 50 km of 47.5° N, 8.6° E"],
  ])("%s=%s", (name, value, words) => {
    expect(describeFilter(name, value, "metric")).toBe(words);
  });

  test("areas have their sides", () => {
    expect(describeArea("170,-20,-170,20")).toBe("20.0° S to 20.0° N, 170.0° E to 170.0° W");
  });
});

test("categories have one name for both numbers that tell nothing", () => {
  expect(categoriesNamed("unknown")).toBe("0,1");
  expect(categoryNames("0,1,6,99")).toEqual(["unknown", "heavy", "99"]);
});

test("numbers may have separators of thousands, and nothing else", () => {
  expect(readNumber("12,500")).toBe(12_500);
  expect(readNumber(" 12 500 ")).toBe(12_500);
  expect(readNumber("-300")).toBe(-300);
  expect(readNumber("")).toBeNaN();
  expect(readNumber("12k")).toBeNaN();
});

test("filters are the same whatever their order", () => {
  expect(isSameFilter(ALL, new Map([...ALL].reverse()))).toBe(true);
  expect(isSameFilter(ALL, NONE)).toBe(false);
  expect(isSameFilter(new Map([["squawk", "7000"]]), new Map([["squawk", "7001"]]))).toBe(false);
});
