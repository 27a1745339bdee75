/** Aircraft are gone through by keys, found where they are stacked, and labelled in each copy of the world. */

import { expect, test } from "vitest";
import { nextOf, slotsInView } from "../src/map/in-view.ts";
import { copiesOf } from "../src/map/labels.ts";
import { pickAll } from "../src/map/pick.ts";
import { Fleet } from "../src/stream/fleet.ts";

function fleetAt(...positions: [longitude: number, latitude: number][]): Fleet {
  const fleet = new Fleet();
  for (const [index, [longitude, latitude]] of positions.entries()) {
    const slot = fleet.admit(`aaaa0${index}`);
    fleet.setMeasure("longitude", slot, longitude);
    fleet.setMeasure("latitude", slot, latitude);
  }
  return fleet;
}

test("those in view come from west to east, over the antimeridian too", () => {
  const fleet = fleetAt([-178, 1], [172, 1], [0, 1], [179, 1], [Number.NaN, Number.NaN]);
  const part = {
    bounds: [
      [170, 0],
      [190, 5],
    ] as const,
    contains: (longitude: number) => Math.abs(longitude) > 165,
  };
  expect(slotsInView(fleet, part)).toEqual([1, 3, 0]);
});

test("the next of the last is the first, and without a present one an end", () => {
  expect(nextOf([4, 7, 9], 9, 1)).toBe(4);
  expect(nextOf([4, 7, 9], 4, -1)).toBe(9);
  expect(nextOf([4, 7, 9], null, 1)).toBe(4);
  expect(nextOf([4, 7, 9], 5, -1)).toBe(9);
  expect(nextOf([], 5, 1)).toBeNull();
});

test("all aircraft in one place are found, the nearest first", () => {
  const fleet = fleetAt([8, 47], [8.0001, 47], [8.5, 47], [8.00005, 47]);
  expect(pickAll(fleet, [8, 47], 100, null)).toEqual([0, 3, 1]);
});

test("a point is shown in each copy of the world in the window", () => {
  expect(copiesOf(600, 500, 1280)).toEqual([600, 100, 1100]);
  expect(copiesOf(-100, 1000, 1280)).toEqual([-100, 900]);
  expect(copiesOf(600, 4000, 1280)).toEqual([600]);
});
