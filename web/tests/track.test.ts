/** A track grows with live data, and its charts show only what was received. */

import { describe, expect, test } from "vitest";
import { place, roundValues, topOf, valueAt } from "../src/charts/axis.ts";
import { summaryOf } from "../src/charts/profile.ts";
import { highestOf } from "../src/charts/profile-drawing.ts";
import { MISSING } from "../src/core/units.ts";
import { stretches, Track, type TrackPoint } from "../src/history/track.ts";

const T = 1_790_000_000;

function pointAt(time: number, given: Partial<TrackPoint> = {}): TrackPoint {
  const usual = { longitude: 8, latitude: 47, altitude: 1_000, velocity: 100, onGround: false };
  return { time, positionTime: time, ...usual, ...given };
}

function trackOf(...points: TrackPoint[]): Track {
  const track = new Track("4b1814", 0);
  for (const point of points) {
    track.append(point);
  }
  return track;
}

describe("growing", () => {
  test("keeps all points beyond the first capacity", () => {
    const track = new Track("4b1814", 2);
    for (let index = 0; index < 1_000; index++) {
      expect(track.append(pointAt(T + index, { altitude: index, onGround: index < 3 }))).toBe(true);
    }
    expect(track.length).toBe(1_000);
    expect(track.times.length).toBeGreaterThanOrEqual(1_000);
    expect([track.first, track.last]).toEqual([T, T + 999]);
    expect([track.altitudes[0], track.altitudes[257], track.altitudes[999]]).toEqual([0, 257, 999]);
    expect([...track.onGround.subarray(0, 4)]).toEqual([1, 1, 1, 0]);
  });

  test("ignores a point that is not newer than the last one", () => {
    const track = trackOf(pointAt(T));
    expect(track.append(pointAt(T))).toBe(false);
    expect(track.append(pointAt(T - 5))).toBe(false);
    expect(track.append(pointAt(Number.NaN))).toBe(false);
    expect(track.length).toBe(1);
  });

  test("an empty track has no ends", () => {
    const track = trackOf();
    expect([track.first, track.last]).toEqual([Number.NaN, Number.NaN]);
    expect(track.nearest(T)).toBe(-1);
  });
});

test.each([
  [T - 100, 0],
  [T + 4, 0],
  [T + 6, 1],
  [T + 10, 1],
  [T + 24, 1],
  [T + 26, 2],
  [T + 100, 2],
])("the point nearest to %d is %d", (time, index) => {
  expect(trackOf(pointAt(T), pointAt(T + 10), pointAt(T + 40)).nearest(time)).toBe(index);
});

describe("stretches", () => {
  test("end at a gap of more than 300 s and at a missing value", () => {
    const missing = { altitude: Number.NaN };
    const track = trackOf(
      pointAt(T, missing),
      pointAt(T + 10),
      pointAt(T + 310),
      pointAt(T + 611),
      pointAt(T + 620, missing),
      pointAt(T + 630),
    );
    expect([...stretches(track, track.altitudes)]).toEqual([
      [1, 2],
      [3, 3],
      [5, 5],
    ]);
    expect([...stretches(track, track.velocities)]).toEqual([
      [0, 2],
      [3, 5],
    ]);
  });

  test("are empty without state vectors", () => {
    const track = trackOf();
    expect([...stretches(track, track.altitudes)]).toEqual([]);
  });
});

test("a profile is described in words", () => {
  const track = trackOf(
    pointAt(T, { altitude: Number.NaN, velocity: 5, onGround: true }),
    pointAt(T + 3_600, { altitude: 11_887, velocity: 240 }),
    pointAt(T + 7_620, { altitude: 9_000, velocity: Number.NaN }),
  );
  expect(summaryOf(track, "nautical")).toMatch(
    /^Altitude and speed of 4b1814 from ..:13 to ..:20, 2 h 7 min: highest 38,999 ft, fastest 467 kt$/,
  );
  expect(summaryOf(trackOf(pointAt(T, { altitude: Number.NaN })), "metric")).toContain(
    `highest ${MISSING}, fastest 360 km/h`,
  );
});

describe("an axis", () => {
  test.each([
    [12_600, 4, [0, 5_000, 10_000]],
    [12_600, 6, [0, 5_000, 10_000]],
    [12_600, 7, [0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000]],
    [10_000, 2, [0, 5_000, 10_000]],
    [10_000, 1, [0, 10_000]],
  ])("up to %d m has at most %d values", (top, most, values) => {
    expect(roundValues(top, "altitude", "metric", most)).toEqual(values);
  });

  test("has round values in the reader's unit", () => {
    const feet = roundValues(12_600, "altitude", "nautical", 3).map((metres) => metres / 0.3048);
    expect(feet.map(Math.round)).toEqual([0, 20_000, 40_000]);
    const kilometres = roundValues(260, "speed", "metric", 2).map((speed) => speed * 3.6);
    expect(kilometres.map(Math.round)).toEqual([0, 500]);
  });

  test("ends above the highest value, and at a least height", () => {
    expect(topOf(11_887, "altitude")).toBeGreaterThan(11_887);
    expect(topOf(11_887, "altitude")).toBeLessThan(13_000);
    expect(topOf(40, "altitude")).toBe(600);
    expect(topOf(Number.NaN, "speed")).toBe(60);
  });

  test("converts values to pixels and back, within its ends", () => {
    const axis = { low: T, high: T + 100, start: 50, end: 250 };
    expect(place(axis, T + 25)).toBe(100);
    expect(valueAt(axis, 100)).toBe(T + 25);
    expect(valueAt(axis, 0)).toBe(T);
    expect(valueAt(axis, 900)).toBe(T + 100);
  });
});

test("implausible values are left out of the description and the axes of a profile", () => {
  const track = trackOf(
    pointAt(T, { altitude: 10_900, velocity: 240 }),
    pointAt(T + 10, { altitude: 37_887, velocity: 1_684 }),
    pointAt(T + 20, { altitude: 10_950, velocity: 241 }),
  );
  expect(highestOf(track, "altitude")).toBe(10_950);
  expect(highestOf(track, "speed")).toBe(241);
  expect(summaryOf(track, "metric")).toContain("highest 10,950 m, fastest 868 km/h");
});
