/** A slow connection receives what is in view, and everything again when it has been in time for long. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SlowLine } from "../src/slow-line.ts";
import { readAddress } from "../src/store/address.ts";
import { Store } from "../src/store/store.ts";

const VIEW = "5,45,10,50";
const HERE = { latitude: 47, longitude: 8, zoom: 7 };

let store: Store;
let line: SlowLine;
let bbox: string | null;

/** Fills the fleet, a part of it in view, which is east of the prime meridian. */
function fill(inView: number, elsewhere: number): void {
  for (let aircraft = 0; aircraft < inView + elsewhere; aircraft++) {
    const slot = store.fleet.admit(aircraft.toString(16).padStart(6, "0"));
    store.fleet.setMeasure("longitude", slot, aircraft < inView ? 8 : -80);
    store.fleet.setMeasure("latitude", slot, 47);
  }
}

function punctualFor(seconds: number): void {
  for (let second = 0; second < seconds; second += 5) {
    vi.advanceTimersByTime(5_000);
    line.onLine(false);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  bbox = VIEW;
  store = new Store(readAddress(""));
  line = new SlowLine(store, { bbox: () => bbox, isVisible: (longitude) => longitude > 0 });
});

afterEach(() => vi.useRealTimers());

test("a slow line receives what is in view", () => {
  fill(10, 90);
  store.selected.value = { icao24: "4b1814", flight: null };
  line.onLine(false);
  expect(store.query.value).toMatchObject({ saving: null, pinned: null });
  line.onLine(true);
  expect(store.query.value).toMatchObject({ saving: { bbox: VIEW }, pinned: "4b1814" });
});

test("a view of most aircraft is not narrowed: rows would be more bytes than differences", () => {
  fill(90, 10);
  const query = store.query.value;
  line.onLine(true);
  expect(store.query.value).toBe(query);
});

test("without a first snapshot a view is requested rather than everything", () => {
  line.onLine(true);
  expect(store.query.value?.saving).toEqual({ bbox: VIEW });
});

test("a filter keeps its request but for the fields when the whole globe is in view", () => {
  fill(90, 10);
  bbox = null;
  store.filters.value = new Map([["country", "Spain"]]);
  line.onLine(true);
  expect(store.query.value?.saving).toEqual({ bbox: null });
});

test("when the map has moved and stands still, its new part is requested once", () => {
  fill(10, 90);
  line.onLine(true);
  const requested = vi.fn();
  store.saving.subscribe(requested);
  requested.mockClear();
  bbox = "6,45,11,50";
  for (let move = 0; move < 5; move++) {
    store.place.value = { ...HERE, longitude: move };
    vi.advanceTimersByTime(500);
  }
  expect(requested).not.toHaveBeenCalled();
  vi.advanceTimersByTime(600);
  expect(requested.mock.calls).toEqual([[{ bbox }]]);
});

test("everything comes back when the line has been in time for two minutes", () => {
  fill(10, 90);
  line.onLine(true);
  punctualFor(115);
  expect(store.saving.value).not.toBeNull();
  punctualFor(10);
  expect(store.saving.value).toBeNull();
});

test("a line that is slow again soon must be in time for twice as long, half an hour at most", () => {
  fill(10, 90);
  const trials = [];
  for (let trial = 0; trial < 6; trial++) {
    line.onLine(true);
    let seconds = 0;
    while (store.saving.value !== null) {
      punctualFor(5);
      seconds += 5;
    }
    trials.push(seconds);
  }
  expect(trials).toEqual([120, 240, 480, 960, 1_800, 1_800]);
});

test("a replay is not narrowed", () => {
  fill(10, 90);
  line.onLine(true);
  store.isServerTimeKnown.value = true;
  store.seek({ time: 1_790_000_000, speed: 10 });
  expect(store.query.value?.saving).toBeNull();
});
