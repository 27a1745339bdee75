/** Which positions and altitudes of a track are plausible. */

import { describe, expect, test } from "vitest";
import {
  FASTEST_M_S,
  isClimbPlausible,
  isStepPlausible,
  metresBetween,
} from "../src/history/plausibility.ts";
import { Track, type TrackPoint } from "../src/history/track.ts";
import { extentOfFlight, extentOfTrack } from "../src/map/extent.ts";

const T = 1_790_000_000;
/** Degrees of the equator that an airliner flies in ten seconds. */
const STEP = 0.022;

function pointAt(seconds: number, given: Partial<TrackPoint> = {}): TrackPoint {
  const time = T + seconds;
  const usual = { longitude: 0, latitude: 0, altitude: 11_000, velocity: 245, onGround: false };
  return { time, positionTime: time, ...usual, ...given };
}

function trackOf(points: readonly TrackPoint[]): Track {
  const track = new Track("4b1814", 0);
  for (const point of points) {
    track.append(point);
  }
  return track;
}

/** Returns a flight along the equator with a point each ten seconds, some of them replaced. */
function flight(count: number, others: Record<number, Partial<TrackPoint>> = {}): TrackPoint[] {
  return Array.from({ length: count }, (_, index) =>
    pointAt(index * 10, { longitude: index * STEP, ...others[index] }),
  );
}

function implausible(track: Track): number[] {
  const all = Array.from({ length: track.length }, (_, index) => index);
  return all.filter((index) => track.isPositionImplausible(index));
}

describe("a step", () => {
  const from = { time: T, longitude: 8, latitude: 47 };

  test("is measured on the globe, also across the antimeridian", () => {
    const metres = metresBetween({ ...from, longitude: 179.5 }, { ...from, longitude: -179.5 });
    expect(metres / 1000).toBeCloseTo(75.8, 1);
    expect(metresBetween({ ...from, latitude: -90 }, { ...from, latitude: 90 }) / 1000).toBeCloseTo(
      20_015,
      0,
    );
  });

  test.each([10, 60, 3_600])(
    "of %d s is plausible up to 1,300 km/h, rounding allowed",
    (seconds) => {
      const allowed = seconds < 60 ? seconds + 1 : seconds;
      const most = (FASTEST_M_S * allowed) / 111_195;
      const to = { ...from, time: T + seconds };
      expect(isStepPlausible(from, { ...to, latitude: 47 - most * 0.999 })).toBe(true);
      expect(isStepPlausible(from, { ...to, latitude: 47 - most * 1.001 })).toBe(false);
    },
  );

  test("has a limit for climbing too", () => {
    const low = { time: T, altitude: 10_972 };
    expect(isClimbPlausible(low, { time: T + 10, altitude: 12_000 })).toBe(true);
    expect(isClimbPlausible(low, { time: T + 10, altitude: 37_887 })).toBe(false);
  });
});

describe("positions", () => {
  test("of a real flight are all plausible, also after a long gap", () => {
    const points = flight(500);
    expect(implausible(trackOf(points))).toEqual([]);
    const ocean = points.filter((_, index) => index < 50 || index > 450);
    expect(implausible(trackOf(ocean))).toEqual([]);
  });

  test("that freeze and then catch up are plausible by their own times", () => {
    const frozen = { longitude: 10 * STEP, positionTime: T + 100 };
    const others = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [n + 10, frozen]));
    expect(implausible(trackOf(flight(60, others)))).toEqual([]);
  });

  test("are implausible only once if one of them is far away", () => {
    expect(implausible(trackOf(flight(20, { 9: { longitude: 40 } })))).toEqual([9]);
  });

  test("are implausible only once if one of them is a little too far ahead", () => {
    expect(implausible(trackOf(flight(20, { 9: { longitude: 11.5 * STEP } })))).toEqual([9]);
  });

  test("that are wrong at the beginning are outvoted by the second one after them", () => {
    const points = flight(3, { 0: { longitude: 40 } });
    expect(implausible(trackOf(points.slice(0, 2)))).toEqual([1]);
    expect(implausible(trackOf(points))).toEqual([0]);
  });

  test("that are repeated count once", () => {
    const stale = { longitude: 40, positionTime: T };
    const others = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [index, stale]));
    const points = flight(8, others);
    expect(implausible(trackOf(points))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("that are spoofed for twenty minutes are implausible until the true ones return", () => {
    const others: Record<number, Partial<TrackPoint>> = {};
    for (let index = 200; index < 320; index++) {
      others[index] = { longitude: 20 + index * 0.001, latitude: 20 };
    }
    const points = flight(400, others);
    const spoofed = Object.keys(others).map(Number);
    expect(implausible(trackOf(points))).toEqual(spoofed);
  });

  test("that continue elsewhere are plausible, but doubtful while they are the minority", () => {
    const points = flight(60).map((point, index) =>
      index < 20 ? point : { ...point, longitude: point.longitude + 40 },
    );
    const doubtful = (count: number) => {
      const track = trackOf(points.slice(0, count));
      return [track.isPositionImplausible(count - 1), track.isPositionDoubtful(count - 1)];
    };
    expect(doubtful(20)).toEqual([false, false]);
    expect(doubtful(21)).toEqual([true, true]);
    expect(doubtful(22)).toEqual([true, true]);
    expect(doubtful(23)).toEqual([false, true]);
    expect(doubtful(40)).toEqual([false, true]);
    expect(doubtful(41)).toEqual([false, false]);
  });

  test("are judged by the server if stored, and live ones are judged by comparison with those", () => {
    const stored = flight(10, { 4: { longitude: 40 }, 5: { isImplausible: true } }).map(
      (point) => ({
        isImplausible: false,
        ...point,
      }),
    );
    const live = flight(14, { 12: { longitude: 40 } }).slice(10);
    expect(implausible(trackOf([...stored, ...live]))).toEqual([5, 12]);
  });

  test("that are missing are not implausible, and the one before them is the newest", () => {
    const track = trackOf(flight(10, { 9: { longitude: Number.NaN } }));
    expect(implausible(track)).toEqual([]);
    expect(track.positionBefore(T + 95)).toBe(8);
    expect(track.positionBefore(T + 71)).toBe(7);
    expect(track.positionBefore(T - 1)).toBe(-1);
    expect(trackOf([]).positionBefore(T)).toBe(-1);
  });

  test("all over the globe are judged in bounded time", () => {
    const points = Array.from({ length: 3_000 }, (_, index) =>
      pointAt(index * 10, { longitude: ((index * 77) % 360) - 180, latitude: (index * 31) % 60 }),
    );
    expect(trackOf(points).length).toBe(3_000);
  });
});

test("an impossible altitude is implausible, and the climb around it is not", () => {
  const points = flight(30, {
    9: { altitude: 37_887 },
    15: { altitude: Number.NaN },
    20: { altitude: 18_000 },
  });
  const track = trackOf(
    points.map((point, index) => ({ ...point, altitude: point.altitude + index })),
  );
  const all = points.map((_, index) => index);
  expect(all.filter((index) => track.isAltitudeImplausible(index))).toEqual([9, 20]);
});

describe("the extent of a flight", () => {
  test("leaves out implausible positions", () => {
    expect(extentOfTrack(trackOf(flight(20, { 9: { longitude: 40, latitude: 60 } })))).toEqual([
      0,
      0,
      19 * STEP,
      0,
    ]);
    expect(extentOfTrack(trackOf([]))).toBeNull();
  });

  test("is continuous across the antimeridian, from a track and from the server", () => {
    const points = [179.98, -180, -179.98].map((longitude, index) =>
      pointAt(index * 10, { longitude }),
    );
    expect(extentOfTrack(trackOf(points))).toEqual([179.98, 0, expect.closeTo(180.02, 6), 0]);
    const flight = { west: 170, south: 10, east: -170, north: 50 } as never;
    expect(extentOfFlight(flight)).toEqual([170, 10, 190, 50]);
    expect(extentOfFlight({ west: null, south: 1, east: 2, north: 3 } as never)).toBeNull();
  });
});
