/** The history's answers become what the page keeps, and its refusals what a person reads. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
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

/** Stands for the server: gives one answer, and keeps what it was asked. */
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

describe("what is asked for", () => {
  test("the last flight's track, or that of a time, thinned", async () => {
    const asked = answer({ icao24: "4b1814", states: [] });
    await fetchTrack("4b1814");
    await fetchTrack("4b1814", { from: T, to: T + 60, maxPoints: 500 });
    expect(asked).toEqual([
      "/api/flights/4b1814/track?",
      `/api/flights/4b1814/track?from=${T}&to=${T + 60}&max_points=500`,
    ]);
  });

  test("flights of a box", async () => {
    const asked = answer({ flights: [FLIGHT], next: "WzE3" });
    const page = await fetchFlights({ callsign: "SWR*", bbox: [5.9, 45.8, 10.5, 47.9], limit: 50 });
    expect(asked[0]).toBe(
      "/api/history/flights?callsign=SWR*&bbox=5.9%2C45.8%2C10.5%2C47.9&limit=50",
    );
    expect(page).toEqual({ flights: [FLIGHT], next: "WzE3" });
  });

  test("a moment, as rows, with the filters of the map", async () => {
    const snapshot = { time: T, fields: ["icao24", "callsign"], states: [["4b1814", null]] };
    const asked = answer(snapshot);
    const filters = new Map([["country", "Switzerland"]] as const);
    expect(await fetchSnapshot(T, filters, ["callsign"])).toEqual(snapshot);
    expect(asked[0]).toBe(
      `/api/history/at?country=Switzerland&time=${T}&format=row&fields=callsign`,
    );
  });

  test("hours", async () => {
    const hours = [{ hour: 1_789_999_200, aircraft: 702, state_vectors: 28_104 }];
    const asked = answer({ hours });
    expect(await fetchHours(T, T + 3_600)).toEqual(hours);
    expect(asked[0]).toBe(`/api/statistics/hourly?from=${T}&to=${T + 3_600}`);
  });
});

describe("a track", () => {
  test("has columns in order of time, NaN where nothing was received", async () => {
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

  test("takes the geometric altitude where only that was received", async () => {
    answer({ icao24: "4b1814", states: [{ ...STATE, baro_altitude: null }] });
    expect((await fetchTrack("4b1814")).altitudes[0]).toBeCloseTo(12_039.6, 2);
  });
});

describe("a refusal", () => {
  test("says what the server says", async () => {
    answer({ detail: [{ type: "value_error", loc: [], msg: "Value error, 'A*B' is none" }] }, 422);
    expect((await refusal()).message).toBe("'A*B' is none");
    answer({ error: "insufficient_scope", reason: "flights:history is needed" }, 403);
    expect(await refusal()).toMatchObject({ status: 403, message: "flights:history is needed" });
  });

  test("without a database says so, and when to come again", async () => {
    answer({ detail: [{ msg: "the history cannot be read now" }] }, 503, { "Retry-After": "5" });
    const error = await refusal();
    expect(error.message).toBe("the history cannot be reached; try again in 5 s");
    expect(error.isTemporary).toBe(true);
  });

  test("of one that has used up its share is in the server's words, and may pass", async () => {
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

  test("by a proxy, or with a broken body, is an error", async () => {
    answer("<h1>Bad gateway</h1>", 502);
    expect((await refusal()).message).toBe("the server answered with status 502");
    answer("<h1>Welcome</h1>");
    expect((await refusal()).message).toBe("the server's answer cannot be read");
  });

  test("without any answer says that there is none", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await refusal()).toMatchObject({ status: 0, message: "the server does not answer" });
  });
});

test("an abort is reported as such, not as an error of the history", async () => {
  answer({ hours: [] });
  const asking = new AbortController();
  asking.abort();
  const error = await fetchHours(0, 1, asking.signal).catch((thrown: unknown) => thrown);
  expect(isAbort(error)).toBe(true);
});
