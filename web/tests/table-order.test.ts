/** The table's rows are sorted and filtered, and its cells are written in the reader's units. */

import { describe, expect, test } from "vitest";
import { Fleet } from "../src/stream/fleet.ts";
import { COLUMNS, type Column } from "../src/table/columns.ts";
import { DEFAULT_SORT, nextSort, RowOrder, type Sort, sortSlots } from "../src/table/row-order.ts";
import { byMeasure, codeKey } from "../src/table/sort-keys.ts";
import { textFilter } from "../src/table/text-filter.ts";

const T = 1_790_000_000;
/** There is no home, and the server knows nothing more about aircraft. */
const NOTHING = { home: null, identities: { of: () => undefined } };

function column(field: string): Column {
  return COLUMNS.find((one) => one.field === field) as Column;
}

/** Three aircraft, and a fourth with an address only. */
function fleet(): Fleet {
  const made = new Fleet();
  const aircraft: [string, string, string, number][] = [
    ["aaaaaa", "SWR9", "Switzerland", 11_000],
    ["bbbbbb", "DLH4AB", "Germany", -50],
    ["cccccc", "BAW12", "United Kingdom", 300],
  ];
  for (const [icao24, callsign, country, altitude] of aircraft) {
    const slot = made.admit(icao24);
    made.setText("callsign", slot, callsign);
    made.setText("origin_country", slot, country);
    made.setText("squawk", slot, `${slot}000`);
    made.setMeasure("baro_altitude", slot, altitude);
    made.setMeasure("last_contact", slot, T - 10 * slot);
    made.setMeasure("category", slot, slot + 2);
    made.setMeasure("on_ground", slot, slot === 1 ? 1 : 0);
  }
  made.admit("dddddd");
  return made;
}

function addresses(order: RowOrder, made: Fleet): string {
  return Array.from({ length: order.length }, (_, row) => made.icao24[order.slot(row)]?.[0]).join(
    "",
  );
}

function sorted(field: string, direction: Sort["direction"]): string {
  const made = fleet();
  const order = new RowOrder();
  order.sort(made, { column: column(field), direction }, () => true, NOTHING);
  return addresses(order, made);
}

describe("sorting", () => {
  test.each([
    ["callsign", "cbad", "abcd"],
    ["icao24", "abcd", "dcba"],
    ["origin_country", "bacd", "cabd"],
    ["baro_altitude", "bcad", "acbd"],
    ["squawk", "abcd", "cbad"],
    ["category", "abcd", "cbad"],
    ["last_contact", "abcd", "cbad"],
    ["on_ground", "acbd", "bacd"],
  ])("by %s, with missing values last in both directions", (field, ascending, descending) => {
    expect(sorted(field, "ascending")).toBe(ascending);
    expect(sorted(field, "descending")).toBe(descending);
  });

  test("equal keys keep their order", () => {
    const keys = Float64Array.of(1, 0, 1, Number.NaN, 0, Number.NaN);
    const slots = Uint32Array.of(0, 1, 2, 3, 4, 5);
    sortSlots(slots, keys, "descending");
    expect([...slots]).toEqual([0, 2, 1, 4, 3, 5]);
  });

  test("a removed aircraft has no row, and a new one in its slot has one", () => {
    const made = fleet();
    const order = new RowOrder();
    const sort: Sort = { column: column("icao24"), direction: "ascending" };
    made.remove("bbbbbb");
    order.sort(made, sort, () => true, NOTHING);
    expect(addresses(order, made)).toBe("acd");
    expect(order.rowOf(1)).toBe(-1);
    made.admit("eeeeee");
    order.sort(made, sort, () => true, NOTHING);
    expect(addresses(order, made)).toBe("acde");
    expect(order.rowOf(1)).toBe(3);
  });

  test("a fleet may grow beyond the first capacity", () => {
    const made = fleet();
    const order = new RowOrder();
    order.sort(made, DEFAULT_SORT, () => true, NOTHING);
    for (let number = 0; number < 12_000; number++) {
      made.setMeasure("velocity", made.admit(number.toString(16).padStart(6, "0")), number % 97);
    }
    order.sort(made, { column: column("velocity"), direction: "descending" }, () => true, NOTHING);
    expect(order.length).toBe(12_004);
    expect(made.measure("velocity", order.slot(0))).toBe(96);
    expect(made.measure("velocity", order.slot(11_999))).toBe(0);
    expect(made.measure("velocity", order.slot(12_000))).toBeNaN();
  });
});

describe("keys", () => {
  test("codes compare as texts, ignoring case", () => {
    const codes = ["", "0", "0000", "4b1814", "BAW12", "BAW123", "SWR 9", "SWR9", "ZZZZZZZZ"];
    const keys = codes.map(codeKey);
    expect(keys[0]).toBeNaN();
    expect(keys.slice(1)).toEqual(keys.slice(1).toSorted((one, other) => one - other));
    expect(new Set(keys).size).toBe(codes.length);
    expect(codeKey("4B1814")).toBe(codeKey("4b1814"));
  });

  test("the last character of the longest code still counts", () => {
    expect(codeKey("ZZZZZZZ1") - codeKey("ZZZZZZZ0")).toBe(1);
  });

  test("a negative sign reverses the order", () => {
    const keys = new Float64Array(4);
    byMeasure("baro_altitude", -1)(fleet(), keys, NOTHING);
    expect([...keys]).toEqual([-11_000, 50, -300, Number.NaN]);
  });
});

describe("clicks on a heading", () => {
  test("the first click sorts, the second reverses, the third restores the default", () => {
    const altitude = column("baro_altitude");
    const first = nextSort(DEFAULT_SORT, altitude);
    expect(first).toEqual({ column: altitude, direction: "descending" });
    const second = nextSort(first, altitude);
    expect(second).toEqual({ column: altitude, direction: "ascending" });
    expect(nextSort(second, altitude)).toBe(DEFAULT_SORT);
  });

  test("another heading starts with its own first direction", () => {
    const first = nextSort(DEFAULT_SORT, column("baro_altitude"));
    expect(nextSort(first, column("origin_country")).direction).toBe("ascending");
  });

  test("the default column's heading reverses and restores", () => {
    const turned = nextSort(DEFAULT_SORT, DEFAULT_SORT.column);
    expect(turned.direction).toBe("descending");
    expect(nextSort(turned, DEFAULT_SORT.column)).toBe(DEFAULT_SORT);
  });
});

describe("the text filter", () => {
  test.each([
    ["", "abcd"],
    ["  ", "abcd"],
    ["swr", "a"],
    ["land", "a"],
    ["DDDD", "d"],
    ["united king", "c"],
    ["4ab", "b"],
    ["nothing has this", ""],
  ])("“%s” leaves “%s”", (text, left) => {
    const made = fleet();
    const order = new RowOrder();
    order.sort(
      made,
      { column: column("icao24"), direction: "ascending" },
      textFilter(made, text, NOTHING.identities),
      NOTHING,
    );
    expect(addresses(order, made)).toBe(left);
  });
});

describe("cells", () => {
  const context = { system: "nautical", now: T + 5, ...NOTHING } as const;
  const texts = (slot: number) =>
    Object.fromEntries(COLUMNS.map((one) => [one.field, one.text(fleet(), slot, context)]));

  test("units are in the heading, not in each row", () => {
    expect(texts(0)).toMatchObject({
      callsign: "SWR9",
      baro_altitude: "36,089",
      category: "light",
      last_contact: "5 s",
      on_ground: "no",
    });
    expect(column("baro_altitude").unit("nautical")).toBe("ft");
    expect(column("vertical_rate").unit("metric")).toBe("m/s");
    expect(column("callsign").unit("metric")).toBe("");
  });

  test("a value that was not received is a dash", () => {
    const { icao24, ...others } = texts(3);
    expect(icao24).toBe("dddddd");
    expect(new Set(Object.values(others))).toEqual(new Set(["–"]));
  });
});
