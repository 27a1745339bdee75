/** The watch list finds aircraft by patterns, notices those that come, and stays in the browser. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readAddress } from "../src/store/address.ts";
import { Identities } from "../src/store/identities.ts";
import { Store } from "../src/store/store.ts";
import {
  MAX_ENTRIES,
  parseEntry,
  patternTest,
  readKeptList,
  type WatchEntry,
  type WatchKind,
  WatchMatcher,
} from "../src/store/watch-list.ts";
import { WatchedAircraft } from "../src/store/watched-aircraft.ts";
import { Fleet } from "../src/stream/fleet.ts";

const NAME = "flight-monitor-watch-list";
let storage: Map<string, string>;
let onStorage: () => void;

beforeEach(() => {
  storage = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => storage.get(name) ?? null,
    setItem: (name: string, value: string) => storage.set(name, value),
  });
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => {
    onStorage = listener;
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function entry(kind: WatchKind, pattern: string): WatchEntry {
  return { kind, pattern };
}

function addTo(fleet: Fleet, icao24: string, callsign: string | null, squawk = "1000"): void {
  const slot = fleet.admit(icao24);
  fleet.setText("callsign", slot, callsign);
  fleet.setText("squawk", slot, squawk);
}

describe("an entry", () => {
  test.each([
    ["callsign", " swr* ", "SWR*"],
    ["callsign", "*9Z", "*9Z"],
    ["icao24", "4B1814", "4b1814"],
    ["registration", "hb-j*", "HB-J*"],
    ["type", "a388", "A388"],
    ["squawk", "7600", "7600"],
  ] as const)("%s %s is %s", (kind, text, pattern) => {
    expect(parseEntry(kind, text)).toEqual({ kind, pattern });
  });

  test.each([
    ["callsign", ""],
    ["callsign", "***"],
    ["callsign", "SWR1234567"],
    ["callsign", "SWR.+"],
    ["icao24", "4b18"],
    ["icao24", "4b181*"],
    ["registration", "*-*"],
    ["type", "<b>"],
    ["squawk", "9999"],
  ] as const)("%s “%s” is refused with a sentence", (kind, text) => {
    expect(parseEntry(kind, text)).toBeInstanceOf(Error);
  });

  test.each([
    ["SWR*", "SWR", true],
    ["SWR*", "XSWR1", false],
    ["*12*", "DLH123", true],
    ["S*R*9", "SWISR19", true],
    ["SWR9", "SWR99", false],
    ["HB-J*", "HB-JNA", true],
    ["HB-J*", "HBXJNA", false],
    ["AB*BA", "ABA", false],
    ["AB*BA", "ABBA", true],
    ["A**B", "AB", true],
    ["*A*", "BAB", true],
  ])("%s and %s: %s", (pattern, text, isMatch) => {
    expect(patternTest(pattern)(text)).toBe(isMatch);
  });

  test("with many stars is matched in time that does not explode", () => {
    const begun = performance.now();
    expect(patternTest("*A*A*A*B")("A".repeat(20_000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe("matching", () => {
  const fleet = new Fleet();
  addTo(fleet, "aaaaaa", "SWR9");
  addTo(fleet, "bbbbbb", "DLH4AB", "7600");
  addTo(fleet, "cccccc", null);

  test.each([
    [entry("callsign", "SWR*"), ["aaaaaa"]],
    [entry("icao24", "cccccc"), ["cccccc"]],
    [entry("squawk", "7600"), ["bbbbbb"]],
    [entry("callsign", "BAW*"), []],
    [entry("type", "A388"), []],
  ])("%j finds %j", (one, found) => {
    expect([...new WatchMatcher([one]).find(fleet, new Map()).keys()]).toEqual(found);
  });

  test("by what the server knows of an aircraft, as long as it is in the fleet", () => {
    const type = entry("type", "A388");
    const identified = new Map([
      ["bbbbbb", type],
      ["eeeeee", type],
    ]);
    expect([...new WatchMatcher([type]).find(fleet, identified)]).toEqual([["bbbbbb", type]]);
  });

  test("a full list against a large fleet takes milliseconds", () => {
    const large = new Fleet();
    for (let number = 0; number < 12_000; number++) {
      addTo(large, number.toString(16).padStart(6, "0"), `ABC${number}`);
    }
    const entries = Array.from({ length: MAX_ENTRIES }, (_, n) => entry("callsign", `*${n}X*`));
    const matcher = new WatchMatcher(entries);
    matcher.find(large, new Map());
    const begun = performance.now();
    matcher.find(large, new Map());
    expect(performance.now() - begun).toBeLessThan(100);
  });
});

describe("the watched aircraft", () => {
  let store: Store;
  let watched: WatchedAircraft;

  function names(): string[] {
    return watched.noticed.value.map(({ icao24 }) => icao24);
  }

  beforeEach(() => {
    store = new Store(readAddress(""));
    watched = new WatchedAircraft(store, new Identities(store));
    watched.add(entry("callsign", "SWR*"));
  });

  test("are noticed when they come, the newest first, and while they are there", () => {
    addTo(store.fleet, "aaaaaa", "SWR1");
    store.applyEvent(0, 0);
    addTo(store.fleet, "bbbbbb", "SWR2");
    store.applyEvent(0, 0);
    expect(names()).toEqual(["bbbbbb", "aaaaaa"]);
    expect(watched.arrived.value.map(({ icao24 }) => icao24)).toEqual(["bbbbbb"]);
    store.fleet.remove("bbbbbb");
    store.applyEvent(0, 0);
    expect(names()).toEqual(["aaaaaa"]);
  });

  test("are not noticed again after they were dismissed, until they have been away for long", () => {
    addTo(store.fleet, "aaaaaa", "SWR1");
    store.applyEvent(0, 0);
    watched.dismiss();
    store.fleet.remove("aaaaaa");
    store.applyEvent(0, 0);
    addTo(store.fleet, "aaaaaa", "SWR1");
    store.applyEvent(0, 0);
    expect(names()).toEqual([]);
    store.fleet.remove("aaaaaa");
    for (let second = 0; second < 1_000; second++) {
      store.tick(0, 0);
    }
    addTo(store.fleet, "aaaaaa", "SWR1");
    store.applyEvent(0, 0);
    expect(names()).toEqual(["aaaaaa"]);
  });

  test("stay in the browser, and follow what another tab changes", () => {
    expect(new WatchedAircraft(store, new Identities(store)).entries.value).toEqual([
      entry("callsign", "SWR*"),
    ]);
    storage.set(NAME, '{"entries":[{"kind":"squawk","pattern":"7600"}]}');
    onStorage();
    watched.add(entry("type", "A388"));
    expect(readKeptList().entries).toEqual([entry("squawk", "7600"), entry("type", "A388")]);
    watched.remove(entry("squawk", "7600"));
    expect(readKeptList().entries).toEqual([entry("type", "A388")]);
  });

  test("have a bound, and no entry twice", () => {
    expect(watched.add(entry("callsign", "SWR*"))).toContain("already");
    for (let number = 1; number < MAX_ENTRIES; number++) {
      expect(watched.add(entry("callsign", `X${number}`))).toBeNull();
    }
    expect(watched.add(entry("callsign", "ONEMORE"))).toContain(`${MAX_ENTRIES} entries`);
    expect(watched.entries.value).toHaveLength(MAX_ENTRIES);
  });

  test("work in a browser that allows no storage", () => {
    vi.stubGlobal("localStorage", undefined);
    const unkept = new WatchedAircraft(store, new Identities(store));
    unkept.add(entry("squawk", "7600"));
    unkept.add(entry("squawk", "7700"));
    expect(unkept.entries.value).toHaveLength(2);
  });
});

test.each([
  ["{", []],
  ['{"entries":"all"}', []],
  ['{"entries":[null,7,{"kind":"callsign"},{"kind":"secret","pattern":"X1"}]}', []],
  [
    '{"entries":[{"kind":"callsign","pattern":"***"},{"kind":"squawk","pattern":"7600"}]}',
    [{ kind: "squawk", pattern: "7600" }],
  ],
])("%s in the storage leaves %j", (text, entries) => {
  storage.set(NAME, text);
  expect(readKeptList()).toEqual({ entries, isNotifying: false });
});

test("a longer list in the storage is cut off at the bound", () => {
  const entries = Array.from({ length: 500 }, (_, number) => entry("callsign", `X${number}`));
  storage.set(NAME, JSON.stringify({ entries }));
  expect(readKeptList().entries).toHaveLength(MAX_ENTRIES);
});
