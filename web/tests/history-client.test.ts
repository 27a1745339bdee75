/** The history client builds URLs, converts responses, and turns failures into readable errors. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  fetchAirport,
  fetchBoard,
  fetchFlights,
  fetchHours,
  fetchSnapshot,
  fetchTrack,
  isAbort,
} from "../src/history/history-client.ts";
import { HistoryError } from "../src/history/history-error.ts";

const T = 1_790_000_000;

const STATE = {
  icao24: "4b1814",
  callsign: "SWR7EA",
  last_contact: T,
  longitude: 8.57,
  latitude: 47.46,
  baro_altitude: 11_887.2,
  geo_altitude: 12_039.6,
  velocity: 239.98,
  on_ground: false,
};

const FLIGHT = {
  icao24: "4b1814",
  callsign: "SWR7EA",
  origin_country: "Switzerland",
  first_seen: T,
  last_seen: T + 490,
  take_off: null,
  landing: null,
  distance_km: 118.22,
  max_altitude: 11_887.2,
  state_vectors: 50,
  west: 8,
  south: 46.9,
  east: 8.57,
  north: 47.46,
};

/** Stubs `fetch` with one response; returns the list of requested URLs. */
function answer(body: unknown, status = 200, headers: Record<string, string> = {}): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { signal }: RequestInit = {}) => {
    signal?.throwIfAborted();
    asked.push(url);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, headers });
  });
  return asked;
}

async function refusal(): Promise<HistoryError> {
  const error = await fetchHours(0, 1).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HistoryError);
  return error as HistoryError;
}

beforeEach(() => vi.stubGlobal("sessionStorage", { getItem: () => null }));
afterEach(() => vi.unstubAllGlobals());

describe("a request", () => {
  test("for a track of the last flight, or downsampled within a time range", async () => {
    const asked = answer({ icao24: "4b1814", states: [] });
    await fetchTrack("4b1814");
    await fetchTrack("4b1814", { from: T, to: T + 60, maxPoints: 500 });
    expect(asked).toEqual([
      "api/flights/4b1814/track?",
      `api/flights/4b1814/track?from=${T}&to=${T + 60}&max_points=500`,
    ]);
  });

  test("for flights in a bounding box", async () => {
    const asked = answer({ flights: [FLIGHT], next: "WzE3" });
    const page = await fetchFlights({ callsign: "SWR*", bbox: [5.9, 45.8, 10.5, 47.9], limit: 50 });
    expect(asked[0]).toBe(
      "api/history/flights?callsign=SWR*&bbox=5.9%2C45.8%2C10.5%2C47.9&limit=50",
    );
    expect(page).toEqual({ flights: [FLIGHT], next: "WzE3" });
  });

  test("for flights of an airport, for an airport, and for its board", async () => {
    const asked = answer({ arrivals: [FLIGHT], departures: [] });
    await fetchFlights({ airport: "LSZH" });
    await fetchAirport("LSZH");
    expect(await fetchBoard("ZR/H", 24)).toEqual({ arrivals: [FLIGHT], departures: [] });
    expect(asked).toEqual([
      "api/history/flights?airport=LSZH",
      "api/airports/LSZH?",
      "api/airports/ZR%2FH/board?hours=24",
    ]);
  });

  test("for a snapshot at a time, as rows, with the map's filters", async () => {
    const snapshot = { time: T, fields: ["icao24", "callsign"], states: [["4b1814", null]] };
    const asked = answer(snapshot);
    const filters = new Map([["country", "Switzerland"]] as const);
    expect(await fetchSnapshot(T, filters, ["callsign"])).toEqual(snapshot);
    expect(asked[0]).toBe(
      `api/history/at?country=Switzerland&time=${T}&format=row&fields=callsign`,
    );
  });

  test("for hourly statistics", async () => {
    const hours = [{ hour: 1_789_999_200, aircraft: 702, state_vectors: 28_104 }];
    const asked = answer({ hours });
    expect(await fetchHours(T, T + 3_600)).toEqual(hours);
    expect(asked[0]).toBe(`api/statistics/hourly?from=${T}&to=${T + 3_600}`);
  });
});

describe("a track", () => {
  test("has columns in order of time, and NaN for missing values", async () => {
    const grounded = {
      ...STATE,
      last_contact: T + 10,
      longitude: null,
      baro_altitude: null,
      geo_altitude: null,
      velocity: null,
      on_ground: true,
    };
    answer({ icao24: "4b1814", states: [STATE, grounded] });
    const track = await fetchTrack("4b1814");
    expect(track.icao24).toBe("4b1814");
    expect([...track.times]).toEqual([T, T + 10]);
    expect([...track.longitudes]).toEqual([8.57, Number.NaN]);
    expect([...track.latitudes]).toEqual([47.46, 47.46]);
    expect(track.altitudes[0]).toBeCloseTo(11_887.2, 2);
    expect(track.altitudes[1]).toBeNaN();
    expect(track.velocities[1]).toBeNaN();
    expect([...track.onGround]).toEqual([0, 1]);
  });

  test("uses the geometric altitude if the barometric one is missing", async () => {
    answer({ icao24: "4b1814", states: [{ ...STATE, baro_altitude: null }] });
    expect((await fetchTrack("4b1814")).altitudes[0]).toBeCloseTo(12_039.6, 2);
  });
});

describe("an error", () => {
  test("has the server's message", async () => {
    answer({ detail: [{ type: "value_error", loc: [], msg: "Value error, 'A*B' is none" }] }, 422);
    expect((await refusal()).message).toBe("'A*B' is none");
    answer({ error: "insufficient_scope", reason: "flights:history is needed" }, 403);
    expect(await refusal()).toMatchObject({ status: 403, message: "flights:history is needed" });
  });

  test("without a database says when to retry", async () => {
    answer({ detail: [{ msg: "the history cannot be read now" }] }, 503, { "Retry-After": "5" });
    const error = await refusal();
    expect(error.message).toBe("the history cannot be reached; try again in 5 s");
    expect(error.isTemporary).toBe(true);
  });

  test("of the connection limits has the server's message and is temporary", async () => {
    answer({ error: "overloaded", reason: "10.0.0.1 has taken all of its 3 places" }, 429);
    expect(await refusal()).toMatchObject({
      message: "10.0.0.1 has taken all of its 3 places",
      isTemporary: true,
    });
  });

  test("of a server without a history says so", async () => {
    answer({ detail: "Not Found" }, 404);
    expect(await refusal()).toMatchObject({
      message: "this server stores no history",
      isTemporary: false,
    });
  });

  test("is raised for a proxy's response and for one that cannot be parsed", async () => {
    answer("<h1>Bad gateway</h1>", 502);
    expect((await refusal()).message).toBe("the server reports an error (502)");
    answer("<h1>Welcome</h1>");
    expect((await refusal()).message).toBe("the server's answer cannot be read");
  });

  test("without a response says that the server does not answer", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await refusal()).toMatchObject({ status: 0, message: "the server does not answer" });
  });
});

test("an aborted request rejects with an AbortError, not with an error of the history", async () => {
  answer({ hours: [] });
  const asking = new AbortController();
  asking.abort();
  const error = await fetchHours(0, 1, asking.signal).catch((thrown: unknown) => thrown);
  expect(isAbort(error)).toBe(true);
});
