/** The track of the selected aircraft is loaded once per selection and flight, and then follows the stream. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readAddress } from "../src/store/address.ts";
import { SelectedAircraft } from "../src/store/selected-aircraft.ts";
import { Store } from "../src/store/store.ts";

const T = 1_790_000_000;

let requests: string[] = [];
let store: Store;
let aircraft: SelectedAircraft;

function stateAt(time: number) {
  const measures = { baro_altitude: 9_000, geo_altitude: null, velocity: 230, on_ground: false };
  return { last_contact: time, time_position: time, longitude: 8, latitude: 47, ...measures };
}

/** Answers every request: with a track of two state vectors, a flight, or extra fields. */
function respond(url: string): Response {
  requests.push(url.replace(/\?.*/, ""));
  if (url.includes("/track")) {
    return Response.json({ icao24: "4b1814", states: [stateAt(T - 60), stateAt(T)] });
  }
  if (url.includes("/history/flights")) {
    return Response.json({ flights: [], next: null });
  }
  return Response.json({ states: [{ geo_altitude: 9_100, position_source: 0 }] });
}

beforeEach(() => {
  requests = [];
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("fetch", async (url: string) => respond(url));
  store = new Store(readAddress(""));
  aircraft = new SelectedAircraft(store);
});

afterEach(() => vi.unstubAllGlobals());

async function select(icao24: string): Promise<void> {
  store.selected.value = { icao24, flight: null };
  await vi.waitFor(() => expect(aircraft.notice.value).toBe(""));
}

test("a selection loads the track and the fields that the stream leaves out", async () => {
  await select("4b1814");
  expect(requests.sort()).toEqual(["api/flights", "api/flights/4b1814/track"]);
  expect(aircraft.track.value?.length).toBe(2);
  expect(aircraft.extra.value?.geo_altitude).toBe(9_100);
});

test("a live event extends the track, an event of the past does not", async () => {
  await select("4b1814");
  const slot = store.fleet.admit("4b1814");
  store.fleet.setMeasure("last_contact", slot, T + 10);
  store.applyEvent(T + 10, T + 10);
  expect([aircraft.track.value?.length, aircraft.trackRevision.value]).toEqual([3, 1]);
  store.seek({ time: T, speed: 0 });
  store.fleet.setMeasure("last_contact", slot, T + 20);
  store.applyEvent(T, T + 20);
  expect(aircraft.track.value?.length).toBe(3);
});

test("a seek loads the flight of that time, unless the track covers it", async () => {
  await select("4b1814");
  requests = [];
  store.seek({ time: T - 30, speed: 0 });
  expect(requests).toEqual([]);
  store.seek({ time: T - 90_000, speed: 0 });
  await vi.waitFor(() => expect(aircraft.notice.value).toBe(""));
  expect(requests).toEqual(["api/history/flights", "api/flights/4b1814/track"]);
});

test("a deselection drops the track, and a response that is still to come is ignored", async () => {
  store.selected.value = { icao24: "4b1814", flight: null };
  store.selected.value = null;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([aircraft.track.value, aircraft.notice.value]).toEqual([null, ""]);
});

test("a failure of the history is a notice for the user, and no track", async () => {
  vi.stubGlobal("fetch", async () => Response.json({}, { status: 503 }));
  store.selected.value = { icao24: "4b1814", flight: null };
  await vi.waitFor(() => expect(aircraft.notice.value).toContain("cannot be reached"));
  expect(aircraft.track.value).toBeNull();
});
