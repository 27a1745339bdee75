/** Identities are requested once per aircraft, only while something shows them, and found by search and list. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { search } from "../src/find/search.ts";
import { readAddress } from "../src/store/address.ts";
import { Identities } from "../src/store/identities.ts";
import { Store } from "../src/store/store.ts";
import { findIdentified, type WatchEntry } from "../src/store/watch-list.ts";
import { COLUMNS, type Column, columnsToShow, needIdentities } from "../src/table/columns.ts";
import { RowOrder } from "../src/table/row-order.ts";
import { textFilter } from "../src/table/text-filter.ts";

const FIELDS = ["icao24", "registration", "type", "operator", "operator_icao", "military"];
const ROWS: Record<string, (string | boolean | null)[]> = {
  aaaaaa: ["aaaaaa", "HB-JNA", "B77W", "Swiss", "SWR", false],
  bbbbbb: ["bbbbbb", "D-AIMA", "A388", "Lufthansa", "DLH", false],
  cccccc: ["cccccc", null, null, null, null, false],
};

let requests: URL[];
let status: number;
let store: Store;
let identities: Identities;

beforeEach(() => {
  requests = [];
  status = 200;
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("fetch", async (url: string) => {
    const requested = new URL(url, "http://monitor.test");
    requests.push(requested);
    const listed = requested.searchParams.get("icao24")?.split(",") ?? Object.keys(ROWS);
    const states = listed.flatMap((icao24) => (ROWS[icao24] ? [ROWS[icao24]] : []));
    return new Response(JSON.stringify({ fields: FIELDS, states }), { status });
  });
  store = new Store(readAddress(""));
  identities = new Identities(store);
  for (const icao24 of Object.keys(ROWS)) {
    store.fleet.admit(icao24);
  }
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Lets seconds of the page pass, and requests be answered. */
async function wait(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    store.tick(1_790_000_000, 1_790_000_000);
    for (let turn = 0; turn < 10; turn++) {
      await Promise.resolve();
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

describe("requests", () => {
  test("are made only while something shows identities, and once for each aircraft", async () => {
    await wait(10);
    expect(requests).toEqual([]);
    identities.need("table", true);
    await wait(20);
    expect(requests[0]?.pathname).toBe("/api/flights");
    expect(requests[0]?.searchParams.get("icao24")).toBe("aaaaaa,bbbbbb,cccccc");
    expect(requests[0]?.searchParams.get("fields")).toBe(FIELDS.slice(1).join());
    expect(identities.of("bbbbbb")?.type).toBe("A388");
    const before = requests.length;
    identities.need("table", false);
    store.fleet.admit("dddddd");
    await wait(20);
    expect(requests).toHaveLength(before);
  });

  test("are repeated a few times for an aircraft that the server does not know", async () => {
    identities.need("table", true);
    await wait(60);
    const names = requests.map((url) => url.searchParams.get("icao24"));
    expect(names).toEqual(["aaaaaa,bbbbbb,cccccc", "cccccc", "cccccc"]);
  });

  test("for many aircraft are one for the whole fleet", async () => {
    for (let number = 0; number < 600; number++) {
      store.fleet.admit(number.toString(16).padStart(6, "0"));
    }
    identities.need("table", true);
    await wait(1);
    expect(requests[0]?.searchParams.has("icao24")).toBe(false);
  });

  test("pause after an error, as from a server that knows no such fields", async () => {
    status = 422;
    identities.need("table", true);
    await wait(50);
    expect(requests).toHaveLength(1);
    status = 200;
    await wait(60);
    expect(identities.of("aaaaaa")?.registration).toBe("HB-JNA");
  });

  test("in the past are for the time that is shown", async () => {
    store.seek({ time: 1_780_000_000, speed: 0 });
    identities.need("table", true);
    await wait(2);
    expect(requests[0]?.pathname).toBe("/api/history/at");
    expect(requests[0]?.searchParams.get("time")).toBe("1790000000");
  });
});

describe("what is known", () => {
  beforeEach(async () => {
    identities.need("table", true);
    await wait(2);
  });

  test.each([
    ["hb-jna", ["aaaaaa"]],
    ["A388", ["bbbbbb"]],
    ["luft", ["bbbbbb"]],
    ["hansa", ["bbbbbb"]],
    ["dlh", ["bbbbbb"]],
    ["388", []],
  ])("is found by the search for %s", (text, found) => {
    const result = search(store.fleet, text, 10, (icao24) => identities.of(icao24));
    expect(result.aircraft.map(({ icao24 }) => icao24)).toEqual(found);
    expect(result.matching).toBe(found.length);
  });

  test.each([
    [{ kind: "type", pattern: "A38*" }, ["bbbbbb"]],
    [{ kind: "registration", pattern: "HB-*" }, ["aaaaaa"]],
    [{ kind: "registration", pattern: "HB" }, []],
    [{ kind: "callsign", pattern: "A388" }, []],
  ] as const)("is watched by %j", (entry, found) => {
    const matches = findIdentified([entry as WatchEntry], identities.all());
    expect([...matches.keys()]).toEqual(found);
  });

  test("is in columns that can be sorted and filtered by", () => {
    const column = (field: string) => COLUMNS.find((one) => one.field === field) as Column;
    const context = { home: null, identities, system: "metric", now: 0 } as const;
    const order = new RowOrder();
    const sort = { column: column("operator"), direction: "ascending" } as const;
    order.sort(store.fleet, sort, () => true, context);
    const rows = [0, 1, 2].map((row) => sort.column.text(store.fleet, order.slot(row), context));
    expect(rows).toEqual(["Lufthansa", "Swiss", "–"]);
    const hasRow = textFilter(store.fleet, "b77", identities);
    expect([0, 1, 2].map(hasRow)).toEqual([true, false, false]);
  });

  test("is asked for by no usual column", () => {
    expect(needIdentities(columnsToShow(null, true))).toBe(false);
    expect(needIdentities(columnsToShow(["type"], false))).toBe(true);
  });
});
