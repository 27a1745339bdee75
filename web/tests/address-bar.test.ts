/** The address follows the state of the page: moves of the map with a pause, all else at once. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AddressBar } from "../src/address-bar.ts";
import type { Playback } from "../src/core/playback.ts";
import { readAddress } from "../src/store/address.ts";
import { Store } from "../src/store/store.ts";

const written: string[] = [];
let store: Store;
/** The playback at the time on the screen. */
let moment: Playback | null;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("history", {
    state: null,
    pushState: (_: unknown, __: string, url: string) => written.push(url),
    replaceState: (_: unknown, __: string, url: string) => written.push(url),
  });
  store = new Store(readAddress("?at=47,8,3"));
  moment = null;
  new AddressBar(store, () => moment);
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

test("during a replay the address has the moment on the screen", () => {
  const start = { time: 1_790_000_000, speed: 30 };
  // The stream still shows the replay before.
  moment = { time: 1_780_000_000, speed: 60 };
  store.seek(start);
  expect(written.at(-1)).toContain("time=2026-09-21T14:13:20Z&speed=30");
  moment = { ...start, time: start.time + 600 };
  store.units.value = "nautical";
  expect(written.at(-1)).toContain("time=2026-09-21T14:23:20Z&speed=30");
  moment = { ...start, time: start.time + 660 };
  store.tick(0, 0);
  store.tick(0, 0);
  expect(written.at(-1)).toContain("time=2026-09-21T14:24:20Z&speed=30");
});

test("a replay that waits for the server's time keeps its start in the address", () => {
  store.seek({ time: 1_790_000_000, speed: 30 });
  zoomTo(5);
  vi.advanceTimersByTime(1_000);
  expect(written.at(-1)).toContain("time=2026-09-21T14:13:20Z&speed=30");
});
