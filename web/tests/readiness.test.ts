/** The page shows the server's reason when data are late or clocks differ. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { countFleet, isLate } from "../src/store/fleet-counts.ts";
import { Fleet } from "../src/stream/fleet.ts";
import { Readiness, reasonToShow } from "../src/stream/readiness.ts";

const T = 1_790_000_000;
const CLOCK = "This host's clock is 400 s ahead of the data; set it by NTP.";
const SILENT = "No answer of OpenSky for 300 s.";

let asked: string[] = [];
let body: unknown = {};
let page: { hidden: boolean };
let readiness: Readiness;
let times: number[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  [asked, times, body, page] = [[], [], {}, { hidden: false }];
  vi.stubGlobal("document", page);
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return Response.json(body, {
      status: 503,
      headers: { Date: new Date(T * 1000).toUTCString() },
    });
  });
  readiness = new Readiness((time) => times.push(time));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Calls `refresh` once a second for some seconds. */
async function pass(seconds: number, isLate = false): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    readiness.refresh(isLate);
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

describe("the request", () => {
  test("is sent at once, then each minute, and more often while data are late", async () => {
    await pass(180);
    expect(asked).toEqual(["ready", "ready", "ready"]);
    await pass(60, true);
    expect(asked.length).toBe(6);
    expect(times).toEqual(Array(6).fill(T));
  });

  test("is not sent while the page is hidden", async () => {
    page.hidden = true;
    await pass(300, true);
    expect(asked).toEqual([]);
  });

  test("is not sent before the previous one is answered", async () => {
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(url);
      return new Promise(() => undefined);
    });
    await pass(300, true);
    expect(asked.length).toBe(1);
  });
});

describe("the reason", () => {
  test("is the server's whatever its status, and differing clocks come first", async () => {
    body = { live_state: false, clock: false, reasons: { live_state: SILENT, clock: CLOCK } };
    await pass(1);
    expect(reasonToShow(readiness.reasons, true)).toBe(CLOCK);
    expect(reasonToShow(readiness.reasons, false)).toBe(CLOCK);
  });

  test("is shown only while data are late, unless clocks differ", async () => {
    body = { reasons: { live_state: SILENT } };
    await pass(1);
    expect(reasonToShow(readiness.reasons, true)).toBe(SILENT);
    expect(reasonToShow(readiness.reasons, false)).toBe("");
  });

  test("disappears when the server no longer sends it or does not answer", async () => {
    body = { reasons: { clock: CLOCK } };
    await pass(1);
    body = { clock: true };
    await pass(60);
    expect(reasonToShow(readiness.reasons, true)).toBe("");
    body = { reasons: { clock: CLOCK } };
    await pass(60);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    await pass(60);
    expect(reasonToShow(readiness.reasons, true)).toBe("");
  });

  test.each([
    null,
    "ready",
    { reasons: null },
    { reasons: "no" },
    { reasons: { clock: 400, live_state: "" } },
  ])("is missing in a response such as %j", async (given) => {
    body = given;
    await pass(1);
    expect(readiness.reasons).toEqual({});
  });

  test("is cut off at 300 characters", async () => {
    body = { reasons: { clock: "x".repeat(10_000) } };
    await pass(1);
    expect(reasonToShow(readiness.reasons, false).length).toBe(300);
  });
});

test("data are late after three minutes, and if there are no aircraft", () => {
  const fleet = new Fleet();
  expect(isLate(countFleet(fleet), T)).toBe(true);
  fleet.setMeasure("last_contact", fleet.admit("4b1814"), T);
  expect(isLate(countFleet(fleet), T + 179)).toBe(false);
  expect(isLate(countFleet(fleet), T + 181)).toBe(true);
});
