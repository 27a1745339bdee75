/** A home is a place of the user's: distances and rings are true, and the address keeps it to itself. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { writeDistance } from "../src/core/units.ts";
import type { Corner } from "../src/map/area.ts";
import { circleAround, placeAt } from "../src/map/rings.ts";
import { readAddress, writeAddress } from "../src/store/address.ts";
import { bearingFrom, type Home, kilometresFrom, parseHome, toHome } from "../src/store/home.ts";
import { Store } from "../src/store/store.ts";
import { Fleet } from "../src/stream/fleet.ts";
import { COLUMNS, type Column, columnsToShow } from "../src/table/columns.ts";
import { RowOrder } from "../src/table/row-order.ts";

const ZURICH: Home = { latitude: 47.458, longitude: 8.548 };
const GENEVA: Home = { latitude: 46.238, longitude: 6.109 };
const NAME = "flight-monitor-home";
let storage: Map<string, string>;

beforeEach(() => {
  storage = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => storage.get(name) ?? null,
    setItem: (name: string, value: string) => storage.set(name, value),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function visit(search: string): Store {
  return new Store(readAddress(search));
}

function addressOf(store: Store): string {
  return writeAddress({ ...store.addressState.value, place: store.place.value });
}

describe("a home", () => {
  test.each([
    ["47.458, 8.548", ZURICH],
    ["47.458,8.548", ZURICH],
    ["47.458 8.548", ZURICH],
    ["-90,180", { latitude: -90, longitude: 180 }],
    ["47.45804999,8.54800001", { latitude: 47.458, longitude: 8.548 }],
    ["91,0", null],
    ["0,181", null],
    ["47.458", null],
    ["1,2,3", null],
    ["north,east", null],
    ["", null],
    ["NaN,0", null],
    ["Infinity,0", null],
  ])("%s is %j", (text, home) => {
    expect(parseHome(text)).toEqual(home);
  });

  test("stays in the browser, and out of the address", () => {
    const store = visit("");
    store.setHome(ZURICH);
    expect(addressOf(store)).not.toContain("home");
    expect(visit("").home.value).toEqual(ZURICH);
    store.setHome(null);
    expect(visit("").home.value).toBeNull();
  });

  test("of a link is shown and survives a reload, but is not kept", () => {
    visit("").setHome(ZURICH);
    const guest = visit("?home=46.238,6.109");
    expect(guest.home.value).toEqual(GENEVA);
    expect(addressOf(guest)).toContain("home=46.238,6.109");
    expect(visit("").home.value).toEqual(ZURICH);
    guest.setHome(GENEVA);
    expect(addressOf(guest)).not.toContain("home");
  });

  test.each(["{", "[47,8]", '{"latitude":"47","longitude":8}', '{"latitude":1e9,"longitude":8}'])(
    "%s in the storage is ignored",
    (text) => {
      storage.set(NAME, text);
      expect(visit("").home.value).toBeNull();
    },
  );
});

describe("distance and direction", () => {
  test("agree with those of an atlas", () => {
    const place = [GENEVA.longitude, GENEVA.latitude] as const;
    expect(kilometresFrom(ZURICH, ...place)).toBeCloseTo(229.6, 0);
    expect(bearingFrom(ZURICH, ...place)).toBeCloseTo(234.5, 0);
  });

  test.each([
    [0, 10, 0],
    [10, 0, 90],
    [0, -10, 180],
    [-10, 0, 270],
  ])("%d east and %d north lie in the direction %d", (longitude, latitude, bearing) => {
    expect(bearingFrom({ latitude: 0, longitude: 0 }, longitude, latitude)).toBeCloseTo(bearing);
  });

  test("are short across the antimeridian", () => {
    const fiji = { latitude: 0, longitude: 179.5 };
    expect(kilometresFrom(fiji, -179.5, 0)).toBeCloseTo(111.2, 0);
    expect(bearingFrom(fiji, -179.5, 0)).toBeCloseTo(90);
  });

  test.each([
    [3.42, "metric", "3.4 km"],
    [18.4, "nautical", "9.9 NM"],
    [123.4, "metric", "123 km"],
    [Number.NaN, "metric", "–"],
  ] as const)("%d km, %s: %s", (kilometres, system, text) => {
    expect(writeDistance(kilometres, system)).toBe(text);
  });
});

describe("rings", () => {
  test.each([
    [[8.548, 47.458], 100],
    [[179.9, 10], 500],
    [[0, 89.5], 200],
    [[-30, -88], 1_000],
  ] as const)("around %j all lie %d km away, and do not jump", (center, kilometres) => {
    const corners = circleAround(center, kilometres);
    const home = toHome(center[1], center[0]) as Home;
    for (const [index, [longitude, latitude]] of corners.entries()) {
      expect(kilometresFrom(home, longitude, latitude)).toBeCloseTo(kilometres, 6);
      const [before] = corners[index - 1] ?? [longitude];
      expect(Math.abs(longitude - before)).toBeLessThan(180);
    }
    const [first, last] = [corners[0] as Corner, corners.at(-1) as Corner];
    expect(last[1]).toBeCloseTo(first[1], 9);
  });

  test("begin in the north", () => {
    const [longitude, latitude] = placeAt([8, 47], 111.195, 0);
    expect(longitude).toBeCloseTo(8);
    expect(latitude).toBeCloseTo(48, 3);
  });
});

describe("the table", () => {
  const identities = { of: () => undefined };
  const column = (field: string) => COLUMNS.find((one) => one.field === field) as Column;

  function fleet(): Fleet {
    const made = new Fleet();
    for (const [icao24, place] of [
      ["aaaaaa", GENEVA],
      ["bbbbbb", ZURICH],
    ] as const) {
      const slot = made.admit(icao24);
      made.setMeasure("longitude", slot, place.longitude);
      made.setMeasure("latitude", slot, place.latitude);
    }
    made.admit("cccccc");
    return made;
  }

  test("sorts by the distance from home, aircraft without a position last", () => {
    const made = fleet();
    const order = new RowOrder();
    order.sort(made, { column: column("distance"), direction: "ascending" }, () => true, {
      home: ZURICH,
      identities,
    });
    const rows = [0, 1, 2].map((row) => made.icao24[order.slot(row)]);
    expect(rows).toEqual(["bbbbbb", "aaaaaa", "cccccc"]);
  });

  test("writes the distance in the user's unit, with a dash for what is not known", () => {
    const context = { system: "nautical", now: 0, home: ZURICH, identities } as const;
    const texts = [0, 2].map((slot) => column("distance").text(fleet(), slot, context));
    expect(texts).toEqual(["124", "–"]);
    expect(column("bearing").text(fleet(), 0, { ...context, home: null })).toBe("–");
  });

  test("has these columns while there is a home, unless the user chooses others", () => {
    const fields = (chosen: string[] | null, hasHome: boolean) =>
      columnsToShow(chosen, hasHome).map(({ field }) => field);
    expect(fields(null, false)).not.toContain("distance");
    expect(fields(null, true)).toContain("distance");
    expect(fields(["squawk", "nonsense", "icao24"], true)).toEqual([
      "callsign",
      "icao24",
      "squawk",
    ]);
  });
});
