/** Times are shown in the reader's time zone, also on days when clocks change. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

vi.hoisted(() => {
  process.env.TZ = "Europe/Zurich";
});

import { ticksOf } from "../src/charts/time-ticks.ts";
import { Throttle } from "../src/core/throttle.ts";
import {
  writeClock,
  writeDate,
  writeDuration,
  writeIso,
  writeSpokenTime,
  writeUtc,
} from "../src/core/times.ts";
import type { Flight } from "../src/history/responses.ts";
import { queryOf } from "../src/time/flights-search.ts";
import { playbackAt, timeShown } from "../src/time/seek.ts";
import { barsOf } from "../src/time/stored-hours.ts";
import { choiceWith, dayOf, rangeOf } from "../src/time/time-range.ts";
import { writeEnds, writeLeftOut, writeReach, writeSeen } from "../src/time/write-flight.ts";

function at(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** A Monday, 16:13:20 in Zurich. */
const T = 1_790_000_000;

describe("ticks", () => {
  function labels(from: string, to: string, most: number): string[] {
    return ticksOf(at(from), at(to), most).map(({ label }) => label);
  }

  test("are at round times of the reader's clock", () => {
    expect(labels("2026-09-21T12:03:00Z", "2026-09-21T13:03:00Z", 7)).toEqual([
      "14:10",
      "14:20",
      "14:30",
      "14:40",
      "14:50",
      "15:00",
    ]);
  });

  test("show the date at midnight", () => {
    const ticks = ticksOf(at("2026-09-21T19:00:00Z"), at("2026-09-22T07:00:00Z"), 5);
    expect(ticks.map(({ label }) => label)).toEqual([
      "21:00",
      "22 Sept",
      "03:00",
      "06:00",
      "09:00",
    ]);
    expect(ticks.map(({ isDay }) => isDay)).toEqual([false, true, false, false, false]);
  });

  test("of seven days are its midnights", () => {
    expect(labels("2026-09-14T13:33:00Z", "2026-09-21T13:33:00Z", 9)).toHaveLength(7);
  });

  test.each([60, 3_600, 86_400, 604_800, 31 * 86_400])(
    "are not more than the maximum: %d s",
    (s) => {
      for (let most = 2; most < 14; most++) {
        const ticks = ticksOf(T, T + s, most);
        expect(ticks.length).toBeLessThanOrEqual(most);
        expect(ticks.every(({ time }) => time >= T && time <= T + s)).toBe(true);
      }
    },
  );

  test("are not repeated on the day when clocks go forward", () => {
    const times = ticksOf(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"), 30).map(
      ({ time }) => time,
    );
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect(times).toHaveLength(24);
  });
});

describe("spans", () => {
  test("end now, or are a calendar day", () => {
    expect(rangeOf(3_600, T)).toEqual({ from: T - 3_600, to: T });
    expect(rangeOf("2026-09-20", T)).toEqual({
      from: at("2026-09-19T22:00:00Z"),
      to: at("2026-09-20T22:00:00Z"),
    });
  });

  test("that end now begin a little earlier if the shown time is there", () => {
    expect(rangeOf(3_600, T, T - 3_900)).toEqual({ from: T - 3_900, to: T });
    expect(rangeOf(3_600, T, T - 9_000)).toEqual({ from: T - 3_960, to: T });
  });

  test("of today end now", () => {
    expect(rangeOf("2026-09-21", T)).toEqual({ from: at("2026-09-20T22:00:00Z"), to: T });
  });

  test("of a day when clocks go back have 25 hours", () => {
    const { from, to } = rangeOf("2026-10-25", Number.POSITIVE_INFINITY);
    expect((to - from) / 3_600).toBe(25);
  });

  test.each([
    [T - 60, 3_600, 3_600],
    [T - 3_900, 3_600, 3_600],
    [T - 7_200, 3_600, 21_600],
    [T - 7_200, "2026-09-21", "2026-09-21"],
    [T - 30 * 86_400, 3_600, "2026-08-22"],
  ])("time %d with the choice %s is shown by %s", (time, choice, shown) => {
    expect(choiceWith(time, choice, T)).toBe(shown);
  });

  test("of a day are in the reader's time zone", () => {
    expect(dayOf(at("2026-09-21T22:30:00Z"))).toBe("2026-09-22");
  });
});

describe("moments", () => {
  const stored = { oldest: T - 1_000, newest: T };

  test("are within the stored time, and null is live", () => {
    expect(playbackAt(T - 10.4, 60, stored)).toEqual({ time: T - 10, speed: 60 });
    expect(playbackAt(T - 5_000, 0, stored)).toEqual({ time: T - 1_000, speed: 0 });
    expect(playbackAt(T - 1, 60, stored)).toBeNull();
    expect(playbackAt(T + 60, 0, stored)).toBeNull();
  });

  const moving = { time: T, speed: 60 };

  test.each([
    ["live it is the feed's", null, T + 7, 0, T + 7],
    ["standing still it is the moment's", { time: T, speed: 0 }, T + 7, 9, T],
    ["in a replay it is the feed's", moving, T + 600, 10, T + 600],
    ["until the feed has gone back it is the moment's", moving, T + 6_000, 10, T],
    ["until the feed has gone forward it is the moment's", moving, T - 600, 10, T],
  ])("%s time", (_, moment, feedTime, elapsed, shown) => {
    expect(timeShown(moment, feedTime, elapsed)).toBe(shown);
  });
});

describe("the throttle", () => {
  const passed: number[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    passed.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("passes on the newest value five times a second", () => {
    const throttle = new Throttle<number>(200, (value) => passed.push(value));
    for (let ms = 0; ms < 1_000; ms += 10) {
      throttle.offer(ms);
      vi.advanceTimersByTime(10);
    }
    expect(passed).toEqual([0, 190, 390, 590, 790, 990]);
  });

  test("passes on the final value once", () => {
    const throttle = new Throttle<number>(200, (value) => passed.push(value));
    throttle.offer(1);
    throttle.offer(2);
    throttle.finish(3);
    vi.advanceTimersByTime(1_000);
    expect(passed).toEqual([1, 3]);
  });
});

describe("hour bars", () => {
  const hours = [
    { hour: T - 7_200, aircraft: 5, state_vectors: 50 },
    { hour: T - 3_600, aircraft: 5, state_vectors: 100 },
    { hour: T, aircraft: 0, state_vectors: 0 },
  ];

  test("are clipped to the span and relative to its highest bar", () => {
    expect(barsOf(hours, { from: T - 5_400, to: T - 1_800 })).toEqual([
      { from: T - 5_400, to: T - 3_600, height: 0.5 },
      { from: T - 3_600, to: T - 1_800, height: 1 },
    ]);
    expect(barsOf(hours, { from: T - 7_200, to: T - 3_600 })).toEqual([
      { from: T - 7_200, to: T - 3_600, height: 1 },
    ]);
  });

  test("use aircraft if state vectors are not counted", () => {
    const hours = [1, 2].map((aircraft) => ({
      hour: T - 3_600 * aircraft,
      aircraft,
      state_vectors: null,
    }));
    expect(barsOf(hours, { from: T - 7_200, to: T }).map((bar) => bar.height)).toEqual([0.5, 1]);
  });

  test("are empty if nothing is stored", () => {
    expect(barsOf([], { from: T, to: T + 60 })).toEqual([]);
  });
});

describe("texts", () => {
  test("of a time", () => {
    expect(writeClock(T)).toBe("16:13:20");
    expect(writeDate(T)).toMatch(/^Mon 21 Sept? 2026$/);
    expect(writeUtc(T)).toBe("14:13:20 UTC");
    expect(writeIso(T + 0.9)).toBe("2026-09-21T14:13:20Z");
    expect(writeSpokenTime(T, T + 3_720)).toBe("16:13, Monday 21 September, 1 h 2 min ago");
  });

  test.each([
    [-3, "0 s"],
    [45, "45 s"],
    [720, "12 min"],
    [7_620, "2 h 7 min"],
    [273_600, "3 d 4 h"],
  ])("of %d seconds: %s", (seconds, text) => {
    expect(writeDuration(seconds)).toBe(text);
  });

  const flight: Flight = {
    icao24: "4b1814",
    callsign: "SWR7EA",
    origin_country: "Switzerland",
    first_seen: T,
    last_seen: T + 7_620,
    take_off: T + 60,
    landing: null,
    distance_km: 1_118.2,
    max_altitude: 11_887.2,
    state_vectors: 50,
    west: null,
    south: null,
    east: null,
    north: null,
  };

  test("of a flight", () => {
    expect(writeSeen(flight)).toMatch(/^Mon 21 Sept? 2026, 16:13 to 18:20, 2 h 7 min$/);
    expect(writeEnds(flight)).toBe("took off 16:14, landing not seen");
    expect(writeEnds({ ...flight, take_off: null })).toBe("take-off and landing not seen");
    expect(writeLeftOut(flight)).toBe("");
    expect(writeLeftOut({ ...flight, implausible_positions: 0 })).toBe("");
    expect(writeLeftOut({ ...flight, implausible_positions: null })).toBe("");
    expect(writeLeftOut({ ...flight, implausible_positions: 1 })).toBe(
      "1 implausible position left out",
    );
    expect(writeLeftOut({ ...flight, implausible_positions: 1_200 })).toBe(
      "1,200 implausible positions left out",
    );
    expect(writeLeftOut({ ...flight, implausible_positions: 2, implausible_altitudes: 1 })).toBe(
      "2 implausible positions and 1 implausible altitude left out",
    );
    expect(writeReach(flight, "metric")).toBe("1,118 km, up to 11,887 m");
    expect(writeReach({ ...flight, max_altitude: null }, "nautical")).toBe("604 NM");
    expect(writeReach({ ...flight, distance_km: null }, "metric")).toBe("up to 11,887 m");
  });

  test("of a flight into the next day name that day", () => {
    expect(writeSeen({ ...flight, last_seen: T + 36_000 })).toMatch(/to 02:13 on Tue 22 Sep/);
  });
});

describe("a search", () => {
  test.each([
    ["callsign", " swr7 ", { callsign: "SWR7*" }],
    ["callsign", "SWR*", { callsign: "SWR*" }],
    ["icao24", "4B1814", { icao24: "4b1814" }],
    ["country", "Switzerland", { country: "Switzerland" }],
    ["airport", " zrh ", { airport: "ZRH" }],
    ["airport", "LSZH", { airport: "LSZH" }],
  ] as const)("by %s %j", (kind, text, question) => {
    expect(queryOf({ kind, text, day: "" })).toEqual(question);
  });

  test("on a day has the bounds of that day", () => {
    expect(queryOf({ kind: "callsign", text: "SWR", day: "2026-09-21" })).toEqual({
      callsign: "SWR*",
      from: at("2026-09-20T22:00:00Z"),
      to: at("2026-09-21T21:59:59Z"),
    });
  });

  test.each([
    ["callsign", "  "],
    ["callsign", "*"],
    ["callsign", "S*R"],
    ["icao24", "4b18"],
    ["airport", "Zurich"],
  ] as const)("by %s %j returns what to type", (kind, text) => {
    expect(queryOf({ kind, text, day: "" })).toMatch(/\.$/);
  });
});
