/** The filter form's fields and the parameters of the stream convert into each other. */

import { describe, expect, test } from "vitest";
import { CATEGORIES } from "../src/core/categories.ts";
import { SYSTEMS } from "../src/core/units.ts";
import { parseNumber } from "../src/find/field-units.ts";
import { describeArea, describeFilter } from "../src/find/filter-descriptions.ts";
import {
  categoriesNamed,
  categoryNames,
  type FilterValues,
  isSameFilter,
  parseFieldValues,
  toFieldValues,
} from "../src/find/filter-values.ts";
import type { FilterName, Filters } from "../src/stream/query.ts";

const NONE: Filters = new Map();

/** The name of the categories 0 and 1. */
const UNKNOWN_CATEGORY = CATEGORIES[0] as string;

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
  return { ...toFieldValues(NONE, "metric"), ...values };
}

describe("filters into fields and back", () => {
  test.each(SYSTEMS)("untouched fields keep their filters to the digit in %s units", (system) => {
    expect(parseFieldValues(toFieldValues(ALL, system), system, ALL).filters).toEqual(ALL);
  });

  test("typed fields give the same filters, rounded to the field's unit", () => {
    const written = parseFieldValues(toFieldValues(ALL, "metric"), "metric", NONE).filters;
    const expected = new Map(ALL).set("max_altitude", "10000").set("max_velocity", "257.22");
    expect(written).toEqual(expected);
  });

  test("empty fields are no filters", () => {
    expect(parseFieldValues(fill({}), "metric", ALL).filters).toEqual(NONE);
  });

  test.each([
    ["metric", "3,000", "900", "3000", "250"],
    ["nautical", "10 000", "486", "3048", "250.02"],
    ["imperial", "10000", "559", "3048", "249.9"],
  ] as const)("%s numbers become metres and m/s", (system, altitude, speed, metres, perSecond) => {
    const values = fill({ min_altitude: altitude, max_velocity: speed });
    const { filters } = parseFieldValues(values, system, NONE);
    expect(filters.get("min_altitude")).toBe(metres);
    expect(filters.get("max_velocity")).toBe(perSecond);
    const shown = toFieldValues(filters, system);
    expect(shown.min_altitude).toBe(altitude.replace(/[ ,]/, ""));
    expect(shown.max_velocity).toBe(speed);
  });

  test("texts are normalized to the stream's form without duplicates", () => {
    const values = fill({ callsign: " swr*  dlh4ab,swr* ", icao24: "4B1814 3C6444," });
    expect(parseFieldValues(values, "metric", NONE).filters).toEqual(
      new Map([
        ["icao24", "4b1814,3c6444"],
        ["callsign", "SWR*,DLH4AB"],
      ]),
    );
  });
});

describe("invalid fields", () => {
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
  ])("%s=%s is an error, and the filter in force stays", (name, text) => {
    const { filters, errors } = parseFieldValues(fill({ [name]: text }), "metric", NONE);
    expect(errors.get(name)).toContain(`“${text}”`);
    expect(filters).toEqual(NONE);
    const before: Filters = new Map([[name, "before"]]);
    expect(parseFieldValues(fill({ [name]: text }), "metric", before).filters).toEqual(before);
  });

  test("more than a thousand values are an error", () => {
    const addresses = Array.from({ length: 1_001 }, (_, index) => String(100_000 + index));
    const { filters, errors } = parseFieldValues(
      fill({ icao24: addresses.join() }),
      "metric",
      NONE,
    );
    expect(errors.get("icao24")).toContain("1000");
    expect(filters.size).toBe(0);
  });

  test("an empty range is an error at both ends, and neither end is applied", () => {
    const values = fill({ min_altitude: "5000", max_altitude: "3000", callsign: "SWR*" });
    const before: Filters = new Map([["max_altitude", "3000"]]);
    const { filters, errors } = parseFieldValues(values, "metric", before);
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
    ["category", "0,1,8", `category ${UNKNOWN_CATEGORY}, rotorcraft`],
    ["squawk", "emergency", "emergencies"],
    ["squawk", "7000", "squawk 7000"],
    ["on_ground", "true", "on the ground"],
    ["bbox", "5.9,45.8,10.5,47.9", "area"],
    ["near", "47.45,8.55,50", "within 50 km of 47.5° N, 8.6° E"],
  ])("%s=%s", (name, value, words) => {
    expect(describeFilter(name, value, "metric")).toBe(words);
  });

  test("an area is described by its four sides", () => {
    expect(describeArea("170,-20,-170,20")).toBe("20.0° S to 20.0° N, 170.0° E to 170.0° W");
  });
});

test("categories 0 and 1 share one name", () => {
  expect(categoriesNamed(UNKNOWN_CATEGORY)).toBe("0,1");
  expect(categoryNames("0,1,6,99")).toEqual([UNKNOWN_CATEGORY, "heavy", "99"]);
});

test("numbers may contain thousands separators and nothing else", () => {
  expect(parseNumber("12,500")).toBe(12_500);
  expect(parseNumber(" 12 500 ")).toBe(12_500);
  expect(parseNumber("-300")).toBe(-300);
  expect(parseNumber("")).toBeNaN();
  expect(parseNumber("12k")).toBeNaN();
});

test("filters in another order are the same filters", () => {
  expect(isSameFilter(ALL, new Map([...ALL].reverse()))).toBe(true);
  expect(isSameFilter(ALL, NONE)).toBe(false);
  expect(isSameFilter(new Map([["squawk", "7000"]]), new Map([["squawk", "7001"]]))).toBe(false);
});

describe("filters by identity", () => {
  const empty = toFieldValues(new Map(), "metric");

  test.each([
    ["type", "a320, b738", "A320,B738"],
    ["registration", "hb-jna d-aima", "HB-JNA,D-AIMA"],
    ["operator", "British Airways, DLH", "British Airways,DLH"],
    ["military", "true", "true"],
  ] as const)("%s “%s” is sent as %s", (name, text, value) => {
    const { filters, errors } = parseFieldValues({ ...empty, [name]: text }, "metric", new Map());
    expect(filters.get(name)).toBe(value);
    expect(errors.size).toBe(0);
  });

  test("a type that is none is an error", () => {
    const { errors } = parseFieldValues({ ...empty, type: "Airbus" }, "metric", new Map());
    expect(errors.get("type")).toContain("A320");
  });

  test.each([
    ["type", "A320", "type A320"],
    ["operator", "British Airways", "operator British Airways"],
    ["military", "true", "military"],
    ["military", "false", "civil"],
  ] as const)("%s=%s is described as %s", (name, value, words) => {
    expect(describeFilter(name, value, "metric")).toBe(words);
  });
});
