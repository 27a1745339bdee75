/** The lines and marks of an aircraft's trail. */

import { describe, expect, test } from "vitest";
import { Track } from "../src/history/track.ts";
import { GROUND_COLOUR, UNKNOWN_COLOUR } from "../src/map/altitude-ramp.ts";
import { trailLines } from "../src/map/trail-lines.ts";

const T = 1_790_000_000;

function trackOf(points: [seconds: number, longitude: number, altitude?: number][]): Track {
  const track = new Track("4b1814");
  for (const [seconds, longitude, altitude = 10_000] of points) {
    const point = { longitude, latitude: 47, altitude, velocity: 200, onGround: altitude === 0 };
    track.append({ time: T + seconds, positionTime: T + seconds, ...point });
  }
  return track;
}

/** At this scale every estimated stretch of these tracks is a single dash. */
const FAR = 1e9;

function linesOf(track: Track, until = Number.POSITIVE_INFINITY, metresPerPixel = FAR) {
  return trailLines(track, "dark", until, metresPerPixel);
}

function longitudes(track: Track, until = Number.POSITIVE_INFINITY): number[] {
  return [...linesOf(track, until).positions].filter((_, index) => index % 2 === 0);
}

function marks(track: Track): number[] {
  return [...linesOf(track).marks];
}

describe("lines", () => {
  test.each([90, 4_000])("over a silence of %d s are dashed", (silence) => {
    const track = trackOf([
      [0, 8],
      [10, 8.02],
      [10 + silence, 8.12],
      [20 + silence, Number.NaN],
      [30 + silence, 8.16],
    ]);
    const { startIndices, end } = linesOf(track);
    expect([...startIndices]).toEqual([0, 2, 4, 6]);
    const [, , from = 0, to = 0] = longitudes(track);
    expect([from, to].map((longitude) => longitude.toFixed(3))).toEqual(["8.047", "8.093"]);
    expect(longitudes(track).slice(4)).toEqual([8.12, 8.16]);
    expect(end).toBe(4);
    expect(marks(track)).toEqual([]);
    expect([...linesOf(track, T + 20).startIndices]).toEqual([0, 2]);
  });

  test("over a silence follow the great circle, in dashes as long as the map's scale asks for", () => {
    const track = trackOf([
      [0, -100],
      [36_000, 80],
    ]);
    const { positions, startIndices } = linesOf(track, Number.POSITIVE_INFINITY, 50_000);
    // From 47 degrees north over the pole, 9,560 km, a dash each 550 km.
    expect(startIndices).toHaveLength(20);
    const latitudes = [...positions].filter((_, index) => index % 2 === 1);
    expect(Math.max(...latitudes)).toBeGreaterThan(88);
    expect(linesOf(track, Number.POSITIVE_INFINITY, 1).startIndices.length).toBeLessThan(5_010);
  });

  test("over a silence cross the antimeridian without a line around the globe", () => {
    const track = trackOf([
      [0, 179],
      [600, -179],
    ]);
    const along = longitudes(track);
    expect(along).toHaveLength(4);
    expect(Math.abs((along[2] ?? 0) - (along[1] ?? 0))).toBeLessThan(1.5);
  });

  test("over a silence that is too short for the distance have a gap and marks", () => {
    const track = trackOf([
      [0, 8],
      [10, 8.02],
      [400, 38],
    ]);
    expect([...linesOf(track).startIndices]).toEqual([0, 2]);
    expect(marks(track)).toEqual([8.02, 47, 38, 47]);
  });

  test("are dashed where last contacts are recent but positions are old", () => {
    const track = new Track("4b1814");
    const point = { latitude: 47, altitude: 9_000, velocity: 200, onGround: false };
    track.append({ time: T, positionTime: T, longitude: 8, ...point });
    track.append({ time: T + 100, positionTime: T, longitude: 8, ...point });
    track.append({ time: T + 110, positionTime: T + 110, longitude: 8.2, ...point });
    expect([...linesOf(track).startIndices]).toEqual([0, 2, 4, 5]);
  });

  test("end at the antimeridian and continue beyond it, in both directions", () => {
    const east = trackOf([
      [0, 179.99],
      [10, -179.99],
    ]);
    const west = trackOf([
      [0, -179.99],
      [10, 179.99],
    ]);
    const exactly = trackOf([
      [0, 180],
      [10, -180],
      [20, -179.98],
    ]);
    expect(longitudes(east)).toEqual([179.99, 180, -180, -179.99]);
    expect(longitudes(west)).toEqual([-179.99, -180, 180, 179.99]);
    expect(longitudes(exactly)).toEqual([180, 180, -180, -180, -179.98]);
    expect([...linesOf(east, T + 10).startIndices]).toEqual([0, 2, 4]);
  });

  test("end at the shown time", () => {
    const track = trackOf([
      [0, 8],
      [10, 8.02],
      [20, 8.04],
    ]);
    expect(longitudes(track, T + 10)).toEqual([8, 8.02]);
  });

  test("have a gap with marks at an implausible step, and continue after it", () => {
    const track = trackOf([
      [0, 8],
      [10, 8.02],
      [20, 38],
      [30, 8.06],
      [40, 8.08],
    ]);
    const { startIndices, end } = linesOf(track);
    expect(longitudes(track)).toEqual([8, 8.02, 8.06, 8.08]);
    expect([...startIndices]).toEqual([0, 2, 4]);
    expect(marks(track)).toEqual([8.02, 47, 38, 47]);
    expect(end).toBe(4);
    expect(linesOf(track, T + 25).end).toBe(-1);
  });

  test("have a gap at an implausible step whose ends the server accepts", () => {
    const track = new Track("4b1814");
    for (const [seconds, longitude] of [
      [0, 8],
      [10, 38],
    ] as const) {
      const time = T + seconds;
      const point = { longitude, latitude: 47, altitude: 0, velocity: 200, onGround: false };
      track.append({ time, positionTime: time, ...point, isImplausible: false });
    }
    expect([...linesOf(track, T + 10).startIndices]).toEqual([0, 1, 2]);
    expect(marks(track)).toEqual([8, 47, 38, 47]);
  });

  test("have the altitude's colour at each point", () => {
    const track = trackOf([
      [0, 8, 0],
      [10, 8.01, Number.NaN],
      [20, 8.02, 500],
      [30, 8.03, 12_000],
    ]);
    const { colours } = linesOf(track);
    const of = (index: number) => [...colours.subarray(4 * index, 4 * index + 3)];
    expect(of(0)).toEqual(GROUND_COLOUR.dark);
    expect(of(1)).toEqual(UNKNOWN_COLOUR.dark);
    expect(of(2)).not.toEqual(of(3));
    expect(colours[3]).toBe(255);
  });
});
