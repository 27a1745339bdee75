/** The way that an aircraft has come, as lines. */

import { describe, expect, test } from "vitest";
import { Track } from "../src/history/track.ts";
import { GROUND, UNKNOWN } from "../src/map/altitude-ramp.ts";
import { linesOf } from "../src/map/trail.ts";

const T = 1_790_000_000;

function trackOf(points: [seconds: number, longitude: number, altitude?: number][]): Track {
  const track = new Track("4b1814");
  for (const [seconds, longitude, altitude = 10_000] of points) {
    const point = { longitude, latitude: 47, altitude, velocity: 200, onGround: altitude === 0 };
    track.append({ time: T + seconds, ...point });
  }
  return track;
}

function longitudes(track: Track, until = Number.POSITIVE_INFINITY): number[] {
  return [...linesOf(track, "dark", until).positions].filter((_, index) => index % 2 === 0);
}

describe("lines", () => {
  test("nothing is drawn through a silence, and what has no position is left out", () => {
    const track = trackOf([
      [0, 8],
      [10, 8.1],
      [400, 9],
      [410, Number.NaN],
      [420, 9.2],
    ]);
    expect([...linesOf(track, "dark", Number.POSITIVE_INFINITY).startIndices]).toEqual([
      0, 2, 3, 4,
    ]);
    expect(longitudes(track)).toEqual([8, 8.1, 9, 9.2]);
  });

  test("they go on over the antimeridian", () => {
    const east = trackOf([
      [0, 179],
      [10, -179],
    ]);
    const west = trackOf([
      [0, -179],
      [10, 179],
    ]);
    expect(longitudes(east)).toEqual([179, 181]);
    expect(longitudes(west)).toEqual([-179, -181]);
  });

  test("what is after the moment that is shown is not drawn", () => {
    const track = trackOf([
      [0, 8],
      [10, 8.1],
      [20, 8.2],
    ]);
    expect(longitudes(track, T + 10)).toEqual([8, 8.1]);
  });

  test("each point has the colour of its altitude", () => {
    const track = trackOf([
      [0, 8, 0],
      [10, 8.1, Number.NaN],
      [20, 8.2, 500],
      [30, 8.3, 12_000],
    ]);
    const { colours } = linesOf(track, "dark", Number.POSITIVE_INFINITY);
    const of = (index: number) => [...colours.subarray(4 * index, 4 * index + 3)];
    expect(of(0)).toEqual(GROUND.dark);
    expect(of(1)).toEqual(UNKNOWN.dark);
    expect(of(2)).not.toEqual(of(3));
    expect(colours[3]).toBe(255);
  });
});
