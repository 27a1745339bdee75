/** The store derives the request, the counts and the address from what was set, and nothing is redrawn twice. */

import { describe, expect, test } from "vitest";
import { readAddress } from "../src/store/address.ts";
import { Store } from "../src/store/store.ts";
import { watch } from "../src/store/watch.ts";

const T = 1_790_000_000;

function storeOf(search = ""): Store {
  return new Store(readAddress(search));
}

/** Collects the values of a signal from now on. */
function valuesOf<Value>(read: () => Value): Value[] {
  const values: Value[] = [];
  watch(read, (value) => values.push(value));
  return values;
}

describe("the request to the stream", () => {
  test("is repeated for another selection only while a filter is set", () => {
    const store = storeOf();
    const queries = valuesOf(() => store.query.value);
    store.selected.value = { icao24: "4b1814", flight: null };
    expect(queries).toHaveLength(1);
    store.filters.value = store.withFilter("country", "Spain");
    store.selected.value = { icao24: "3c6444", flight: null };
    expect(queries.map((query) => query?.pinned)).toEqual([null, "4b1814", "3c6444"]);
  });

  test("of a replay waits for the server's time, of a paused time it does not", () => {
    const replay = storeOf("?time=2026-09-21T12:00:00Z&speed=60");
    expect(replay.query.value).toBeNull();
    replay.isServerTimeKnown.value = true;
    expect(replay.query.value?.playback?.speed).toBe(60);
    expect(storeOf("?time=2026-09-21T12:00:00Z").query.value?.playback?.speed).toBe(0);
  });

  test("is repeated by going to the same time again", () => {
    const store = storeOf();
    const queries = valuesOf(() => store.query.value);
    store.seek(null);
    expect(queries).toHaveLength(2);
  });
});

describe("the fleet", () => {
  test("is counted once per event, however many views read the counts", () => {
    const store = storeOf();
    const first = valuesOf(() => store.counts.value);
    const second = valuesOf(() => store.counts.value);
    const slot = store.fleet.admit("4b1814");
    store.fleet.setMeasure("on_ground", slot, 0);
    store.fleet.setMeasure("last_contact", slot, T);
    store.applyEvent(T + 1, T + 1);
    expect(first.at(-1)).toMatchObject({ aircraft: 1, airborne: 1, newest: T });
    expect(first.at(-1)).toBe(second.at(-1));
    store.tick(T + 2, T + 2);
    expect(first).toHaveLength(2);
  });

  test("is late when its newest data are old, but never in the past", () => {
    const store = storeOf();
    store.fleet.setMeasure("last_contact", store.fleet.admit("4b1814"), T);
    store.applyEvent(T + 180, T + 180);
    expect(store.isLate.value).toBe(false);
    store.tick(T + 181, T + 181);
    expect(store.isLate.value).toBe(true);
    store.seek({ time: T, speed: 0 });
    expect(store.isLate.value).toBe(false);
  });
});

test("one event renders a view once, though revision and time both change", () => {
  const store = storeOf();
  const renders = valuesOf(() => [store.fleetRevision.value, store.now.value]);
  store.applyEvent(T, T);
  expect(renders).toHaveLength(2);
});

test("the theme follows the system until the user chooses one", () => {
  const store = storeOf();
  store.isSystemDark.value = false;
  expect(store.themeName.value).toBe("light");
  store.theme.value = "dark";
  expect(store.themeName.value).toBe("dark");
  expect(store.addressState.value.theme).toBe("dark");
});
