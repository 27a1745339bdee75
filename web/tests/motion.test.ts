/** Aircraft are extrapolated along their tracks and found where they are drawn. */

import { describe, expect, test } from "vitest";
import { unwrapLine } from "../src/map/antimeridian.ts";
import { positionOf } from "../src/map/dead-reckoning.ts";
import { pick } from "../src/map/pick.ts";
import { Clock } from "../src/stream/clock.ts";
import { Fleet, type Measure } from "../src/stream/fleet.ts";

const T = 1_790_000_000;

function fleetOf(...aircraft: Partial<Record<Measure, number>>[]): Fleet {
  const fleet = new Fleet();
  aircraft.forEach((measures, index) => {
    const slot = fleet.admit(index.toString(16).padStart(6, "0"));
    const whole = { time_position: T, on_ground: 0, longitude: 0, latitude: 0, ...measures };
    for (const [name, value] of Object.entries(whole)) {
      fleet.setMeasure(name as Measure, slot, value);
    }
  });
  return fleet;
}

describe("dead reckoning", () => {
  test.each([
    { track: 0, latitude: 0, moved: [0, 0.0899] },
    { track: 90, latitude: 0, moved: [0.0899, 0] },
    { track: 90, latitude: 60, moved: [0.1799, 60] },
    { track: 180, latitude: 60, moved: [0, 59.9101] },
  ])("moves ten kilometres on track $track at latitude $latitude", ({ track, latitude, moved }) => {
    const fleet = fleetOf({ velocity: 250, true_track: track, latitude });
    const [longitude, north] = positionOf(fleet, 0, T + 40) ?? [];
    expect(longitude).toBeCloseTo(moved[0] as number, 3);
    expect(north).toBeCloseTo(moved[1] as number, 3);
  });

  test("stops after sixty seconds", () => {
    const fleet = fleetOf({ velocity: 250, true_track: 0 });
    expect(positionOf(fleet, 0, T + 600)).toEqual(positionOf(fleet, 0, T + 60));
  });

  test.each([
    { velocity: 250 },
    { true_track: 90 },
    { velocity: 9, true_track: 90, on_ground: 1 },
    { velocity: 1_684, true_track: 90 },
  ])("does not move %o", (measures) => {
    expect(positionOf(fleetOf(measures), 0, T + 40)).toEqual([0, 0]);
  });

  test("returns null without a position", () => {
    expect(positionOf(fleetOf({ latitude: Number.NaN }), 0, T)).toBeNull();
  });
});

describe("picking", () => {
  test("finds the nearest aircraft within the distance at its extrapolated position", () => {
    const fleet = fleetOf({ velocity: 250, true_track: 0 }, { longitude: 0.02 });
    expect(pick(fleet, [0, 0.0899], 2_000, T + 40)).toBe(0);
    expect(pick(fleet, [0, 0.0899], 2_000, null)).toBeNull();
    expect(pick(fleet, [0.02, 0.001], 2_000, T + 40)).toBe(1);
  });

  test("works across the antimeridian", () => {
    expect(pick(fleetOf({ longitude: 179.999 }), [-179.999, 0], 1_000, T)).toBe(0);
  });

  test("skips aircraft without a position", () => {
    expect(pick(fleetOf({ latitude: Number.NaN }), [0, 0], 1_000, T)).toBeNull();
  });
});

describe("unwrapping", () => {
  test("a ring across the antimeridian continues beyond 180 degrees", () => {
    const ring = [
      [179, 0],
      [-179, 0],
      [-179, 1],
      [179, 0],
    ];
    expect(unwrapLine(ring).map(([longitude]) => longitude)).toEqual([179, 181, 181, 179]);
  });

  test("a ring around the south pole follows the pole", () => {
    const ring = [-180, -90, 0, 90, 180].map((longitude) => [longitude, -70]);
    expect(unwrapLine(ring).slice(-3)).toEqual([
      [180, -90],
      [-180, -90],
      [-180, -70],
    ]);
  });
});

test("the clock follows the event with the shortest delay", () => {
  let here = 1_000;
  const clock = new Clock(1, () => here);
  expect(clock.now()).toBe(1_000);
  clock.adjust(T);
  here += 5;
  clock.adjust(T + 3); // delayed by two seconds
  expect(clock.now()).toBe(T + 5);
});

test("a replay's clock runs at the replay's speed, and a paused one stands still", () => {
  let here = 1_000;
  const fast = new Clock(60, () => here);
  const still = new Clock(0, () => here);
  fast.adjust(T);
  still.adjust(T);
  here += 2;
  expect(fast.now()).toBe(T + 120);
  expect(still.now()).toBe(T);
});
