/** Areas are written as the stream parses them, on whichever copy of the globe they were drawn. */

import { describe, expect, test } from "vitest";
import { areaBetween, type Corner, parseArea, ringOf, writeArea } from "../src/map/area.ts";

describe("bbox", () => {
  test.each([["5.9,45.8,10.5,47.9"], ["170,-20,-170,20"], ["-180,-90,180,90"], ["0,0,0,0"]])(
    "%s is parsed and written unchanged",
    (text) => {
      const area = parseArea(text);
      expect(area === null ? "" : writeArea(area)).toBe(text);
    },
  );

  test.each([
    [""],
    ["1,2,3"],
    ["1,2,3,4,5"],
    ["1,,3,4"],
    ["181,0,190,1"],
    ["0,5,1,4"],
    ["a,b,c,d"],
  ])("%j is invalid, as it is for the stream", (text) => {
    expect(parseArea(text)).toBeNull();
  });
});

describe("a drawn area", () => {
  test.each<[string, Corner, Corner, string]>([
    ["from the lower right to the upper left", [10.5, 45.8], [5.9, 47.9], "5.9,45.8,10.5,47.9"],
    ["to four decimals", [5.91234567, 45.8], [10.5, 47.9], "5.9123,45.8,10.5,47.9"],
    ["across the antimeridian from the west", [170, -20], [190, 20], "170,-20,-170,20"],
    ["across the antimeridian from the east", [-190, -20], [-170, 20], "170,-20,-170,20"],
    ["on the next copy of the globe", [365.9, 45.8], [370.5, 47.9], "5.9,45.8,10.5,47.9"],
    ["up to the antimeridian", [170, 0], [180, 1], "170,0,180,1"],
    ["from the antimeridian on", [180, 0], [190, 1], "-180,0,-170,1"],
    ["within rounding of the antimeridian", [170, 0], [180.00001, 1], "170,0,180,1"],
    ["around the globe", [-200, -95], [200, 95], "-180,-90,180,90"],
  ])("%s", (_, one, other, bbox) => {
    expect(writeArea(areaBetween(one, other))).toBe(bbox);
    expect(parseArea(bbox)).not.toBeNull();
  });
});

describe("the outline", () => {
  test("is continuous across the antimeridian, and near the centre of the map", () => {
    const area = { west: 170, south: -20, east: -170, north: 20 };
    const longitudes = (near: number) => ringOf(area, near).map(([longitude]) => longitude);
    expect(longitudes(175)).toEqual([170, 190, 190, 170]);
    expect(longitudes(-175)).toEqual([-190, -170, -170, -190]);
  });
});
