/** The address follows the state of the page: moves of the map with a pause, all else at once. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AddressBar } from "../src/address-bar.ts";
import { readAddress } from "../src/store/address.ts";
import { Store } from "../src/store/store.ts";

const written: string[] = [];
let store: Store;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("history", {
    state: null,
    replaceState: (_: null, __: string, url: string) => written.push(url),
  });
  store = new Store(readAddress("?at=47,8,3"));
  new AddressBar(store);
  vi.advanceTimersByTime(1_000);
  written.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function zoomTo(zoom: number): void {
  store.place.value = { ...store.place.value, zoom };
}

test("many moves of the map are written once, as the map is then", () => {
  for (let zoom = 4; zoom < 9; zoom++) {
    zoomTo(zoom);
    vi.advanceTimersByTime(100);
  }
  expect(written).toEqual(["?at=47.0000,8.0000,8.00"]);
});

test("any other change is written at once, with the latest place", () => {
  zoomTo(5);
  store.units.value = "nautical";
  expect(written).toEqual(["?at=47.0000,8.0000,5.00&units=nautical"]);
  vi.advanceTimersByTime(1_000);
  expect(written).toHaveLength(1);
});
