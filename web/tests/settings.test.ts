/** Settings stay in the browser; the address wins, and what is not a setting is ignored. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readAddress, writeAddress } from "../src/store/address.ts";
import { keepSettings } from "../src/store/keep-settings.ts";
import { DEFAULT_SETTINGS, readSettings } from "../src/store/settings.ts";
import { Store } from "../src/store/store.ts";

const NAME = "flight-monitor-settings";
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

/** Opens the page with an address, as a visit does. */
function visit(search: string): Store {
  const kept = readSettings();
  const store = new Store(readAddress(search, kept), kept);
  keepSettings(store);
  return store;
}

function addressOf(store: Store): string {
  const state = { ...store.addressState.value, place: store.place.value };
  return writeAddress(state, store.kept.value);
}

test("what the user chooses is there at the next visit", () => {
  const store = visit("");
  store.units.value = "nautical";
  store.theme.value = "light";
  store.isGliding.value = false;
  const next = visit("");
  expect([next.units.value, next.theme.value, next.isGliding.value]).toEqual([
    "nautical",
    "light",
    false,
  ]);
});

test("the address wins, and a link changes no kept setting", () => {
  visit("").units.value = "nautical";
  const guest = visit("?units=imperial&theme=dark");
  expect(guest.units.value).toBe("imperial");
  guest.isGliding.value = false;
  expect(readSettings()).toEqual({ ...DEFAULT_SETTINGS, units: "nautical", isGliding: false });
});

test.each(["?units=metric", "?theme=system", "?glide=on", "?units=imperial&theme=light"])(
  "a reload of %s shows the same, whatever is kept",
  (search) => {
    const before = visit("");
    before.units.value = "nautical";
    before.theme.value = "dark";
    before.isGliding.value = false;
    const guest = visit(search);
    const shown = [guest.units.value, guest.theme.value, guest.isGliding.value];
    const reloaded = visit(addressOf(guest));
    expect([reloaded.units.value, reloaded.theme.value, reloaded.isGliding.value]).toEqual(shown);
  },
);

test("labels stay too, and a link shows none of them where it says so", () => {
  const before = visit("?labels=speed");
  before.labels.value = ["callsign", "speed"];
  expect(visit("").labels.value).toEqual(["callsign", "speed"]);
  const guest = visit("?labels=none");
  expect(guest.labels.value).toEqual([]);
  expect(addressOf(guest)).toContain("labels=none");
  expect(visit(addressOf(guest)).labels.value).toEqual([]);
});

test("the default is in no address unless something else is kept", () => {
  const store = visit("");
  expect(addressOf(store)).not.toContain("units");
  store.units.value = "nautical";
  expect(addressOf(store)).toContain("units=nautical");
  store.units.value = "metric";
  expect(addressOf(store)).not.toContain("units");
});

test("another tab's settings are not overwritten", () => {
  const [one, other] = [visit(""), visit("")];
  one.units.value = "imperial";
  other.theme.value = "dark";
  expect(readSettings()).toMatchObject({ units: "imperial", theme: "dark" });
});

test.each([
  "{",
  "null",
  "[]",
  '"nautical"',
  '{"units":"cubits","theme":7,"isGliding":"no"}',
  '{"labels":"callsign"}',
  '{"labels":[{"toString":1},["speed"],7,"<b>"]}',
  '{"units":{"toString":1},"__proto__":{"units":"nautical"}}',
])("%s is ignored", (text) => {
  storage.set(NAME, text);
  expect(readSettings()).toEqual(DEFAULT_SETTINGS);
});

test("one invalid setting leaves the others", () => {
  storage.set(NAME, '{"units":"imperial","theme":"pink"}');
  expect(readSettings()).toEqual({ ...DEFAULT_SETTINGS, units: "imperial" });
});

test("a browser that allows no storage keeps nothing, and the page works", () => {
  const forbidden = () => {
    throw new DOMException("Access is denied for this document.", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: forbidden, setItem: forbidden });
  const store = visit("?units=imperial");
  store.units.value = "nautical";
  expect(addressOf(store)).toContain("units=nautical");
  expect(readSettings()).toEqual(DEFAULT_SETTINGS);
});
