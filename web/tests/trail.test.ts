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

function longitudes(track: Track, until = Number.POSITIVE_INFINITY): number[] {
  return [...trailLines(track, "dark", until).positions].filter((_, index) => index % 2 === 0);
}

function marks(track: Track): number[] {
  return [...trailLines(track, "dark", Number.POSITIVE_INFINITY).marks];
}

describe("lines", () => {
  test("end at a long gap, and leave out points without position", () => {
    const track = trackOf([
      [0, 8],
      [10, 8.02],
      [400, 9],
      [410, Number.NaN],
      [420, 9.02],
    ]);
    expect([...trailLines(track, "dark", Number.POSITIVE_INFINITY).startIndices]).toEqual([
      0, 2, 3, 4,
    ]);
    expect(longitudes(track)).toEqual([8, 8.02, 9, 9.02]);
    expect(marks(track)).toEqual([]);
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
    expect([...trailLines(east, "dark", T + 10).startIndices]).toEqual([0, 2, 4]);
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
    const { startIndices, end } = trailLines(track, "dark", Number.POSITIVE_INFINITY);
    expect(longitudes(track)).toEqual([8, 8.02, 8.06, 8.08]);
    expect([...startIndices]).toEqual([0, 2, 4]);
    expect(marks(track)).toEqual([8.02, 47, 38, 47]);
    expect(end).toBe(4);
    expect(trailLines(track, "dark", T + 25).end).toBe(-1);
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
    expect([...trailLines(track, "dark", T + 10).startIndices]).toEqual([0, 1, 2]);
    expect(marks(track)).toEqual([8, 47, 38, 47]);
  });

  test("have the altitude's colour at each point", () => {
    const track = trackOf([
      [0, 8, 0],
      [10, 8.01, Number.NaN],
      [20, 8.02, 500],
      [30, 8.03, 12_000],
    ]);
    const { colours } = trailLines(track, "dark", Number.POSITIVE_INFINITY);
    const of = (index: number) => [...colours.subarray(4 * index, 4 * index + 3)];
    expect(of(0)).toEqual(GROUND_COLOUR.dark);
    expect(of(1)).toEqual(UNKNOWN_COLOUR.dark);
    expect(of(2)).not.toEqual(of(3));
    expect(colours[3]).toBe(255);
  });
});
