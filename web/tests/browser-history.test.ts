/** What is opened is a step of the browser's history, and is closed by Back; nothing leaves a dead step. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AddressBar } from "../src/address-bar.ts";
import type { Playback } from "../src/core/playback.ts";
import { readAddress } from "../src/store/address.ts";
import { Store } from "../src/store/store.ts";

/** As browsers do it: `back` takes effect later, and reports where it has gone. */
class FakeHistory {
  entries: { state: unknown; url: string }[] = [{ state: null, url: "" }];
  index = 0;
  onPop: (event: { state: unknown }) => void = () => {};

  get state(): unknown {
    return this.entries[this.index]?.state;
  }

  replaceState(state: unknown, _: string, url: string): void {
    this.entries[this.index] = { state: structuredClone(state), url };
  }

  pushState(state: unknown, _: string, url: string): void {
    this.entries = [
      ...this.entries.slice(0, this.index + 1),
      { state: structuredClone(state), url },
    ];
    this.index += 1;
  }

  back(): void {
    setTimeout(() => this.go(-1), 1);
  }

  go(steps: number): void {
    this.index += steps;
    this.onPop({ state: this.state });
  }
}

let browser: FakeHistory;
let store: Store;
/** The playback at the time on the screen. */
let moment: Playback | null;

beforeEach(() => {
  vi.useFakeTimers();
  browser = new FakeHistory();
  vi.stubGlobal("history", browser);
  vi.stubGlobal("addEventListener", (_: string, listener: FakeHistory["onPop"]) => {
    browser.onPop = listener;
  });
  store = new Store(readAddress("?at=47,8,3"));
  moment = null;
  new AddressBar(store, () => moment);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("Back closes a panel, and Forward opens it again", () => {
  store.side.value = "filters";
  expect(browser.entries).toHaveLength(2);
  browser.go(-1);
  expect(store.side.value).toBeNull();
  expect(browser.entries[0]?.url).not.toContain("panel");
  browser.go(1);
  expect(store.side.value).toBe("filters");
});

test("Back goes from one aircraft to the one before, and then to none", () => {
  store.selected.value = { icao24: "4b1814", flight: null };
  store.selected.value = { icao24: "3c6444", flight: null };
  browser.go(-1);
  expect(store.icao24.value).toBe("4b1814");
  browser.go(-1);
  expect(store.icao24.value).toBeNull();
});

test("Back closes an airport, and goes from one of its flights back to it", () => {
  store.airport.value = "LSZH";
  expect(browser.entries[1]?.url).toContain("airport=LSZH");
  store.selected.value = { icao24: "4b1814", flight: null };
  browser.go(-1);
  expect(store.icao24.value).toBeNull();
  expect(store.airport.value).toBe("LSZH");
  browser.go(-1);
  expect(store.airport.value).toBeNull();
});

test("Back ends a replay, which is one step however often its time is changed", () => {
  store.seek({ time: 1_790_000_000, speed: 0 });
  store.seek({ time: 1_790_000_600, speed: 10 });
  expect(browser.entries).toHaveLength(2);
  browser.go(-1);
  expect(store.isLive.value).toBe(true);
});

test("Forward goes on with a replay at the moment that was on the screen", () => {
  const start = { time: 1_790_000_000, speed: 30 };
  store.seek(start);
  moment = { ...start, time: start.time + 600 };
  store.tick(0, 0);
  store.tick(0, 0);
  expect(browser.entries).toHaveLength(2);
  browser.go(-1);
  browser.go(1);
  expect(store.playback.value).toEqual(moment);
  expect(browser.entries[1]?.url).toContain("time=2026-09-21T14:23:20Z&speed=30");
});

test("a replay that is ended on the page leaves no step and no time behind it", () => {
  moment = { time: 1_790_000_600, speed: 30 };
  store.seek({ time: 1_790_000_000, speed: 30 });
  store.tick(0, 0);
  store.tick(0, 0);
  store.seek(null);
  vi.advanceTimersByTime(10);
  expect(browser.index).toBe(0);
  expect(browser.entries[0]?.url).not.toContain("time=");
});

test("what is closed on the page leaves no step behind it", () => {
  store.isTableOpen.value = true;
  store.isTableOpen.value = false;
  vi.advanceTimersByTime(10);
  expect(browser.index).toBe(0);
  store.side.value = "statistics";
  expect(browser.entries).toHaveLength(2);
});

test("what is opened while the browser goes back is a step too", () => {
  store.isTableOpen.value = true;
  store.isTableOpen.value = false;
  store.side.value = "past";
  vi.advanceTimersByTime(10);
  expect(browser.index).toBe(1);
  expect(browser.entries[1]?.url).toContain("panel=past");
  browser.go(-1);
  expect(store.side.value).toBeNull();
});

test("filters and places are no steps, and Back leaves them as they are", () => {
  store.side.value = "filters";
  store.filters.value = new Map([["country", "Spain"]]);
  browser.go(-1);
  expect(store.filters.value.get("country")).toBe("Spain");
  expect(browser.entries).toHaveLength(2);
  expect(browser.entries[0]?.url).toContain("country=Spain");
});
