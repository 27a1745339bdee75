/** The ground of the closer zoom levels, and the file that holds it. */

import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { MultiLineString, Polygon, Position } from "geojson";
import { describe, expect, test } from "vitest";
import { packGround } from "../geography/pack-ground.ts";
import { simplify } from "../geography/simplify.ts";
import { refineGeography } from "../src/map/fine-ground.ts";
import { type Geography, type PackagedGeography, unpackGeography } from "../src/map/geography.ts";
import { PACKED_KINDS, readGround, STEPS_PER_DEGREE } from "../src/map/packed-ground.ts";

const file = (name: string) => new URL(`../geography/${name}`, import.meta.url);
const packed = gunzipSync(readFileSync(file("ground.bin")));
const coarse = unpackGeography(
  JSON.parse(readFileSync(file("geography.json"), "utf8")) as PackagedGeography,
);
const fine = refineGeography(coarse, packed);

/** All data of the closer zoom levels may take this much of the disk. */
const MAX_BYTES = 5e6;

function linesOf(geography: Geography, kind: "coasts" | "runways"): Position[][] {
  const { features } = geography[kind];
  return features.flatMap(({ geometry }) => (geometry as MultiLineString).coordinates);
}

describe("the packed ground", () => {
  test("takes less than 5 MB with the places", () => {
    const names = ["ground.bin", "places-major.bin", "places-minor.bin"];
    const sizes = names.map((name) => statSync(file(name)).size);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MAX_BYTES);
  });

  test("gives back what was packed, to a step", () => {
    const line = [
      [179.99996, -89.5],
      [-180, 12.34567],
      [0, 0],
    ];
    const empty = Object.fromEntries(PACKED_KINDS.map((kind) => [kind, []]));
    const ground = { ...empty, borders: [[line, line.slice(1)], []] } as never;
    const read = readGround(packGround(ground));
    expect(read.land).toEqual([]);
    expect(read.borders.length).toBe(2);
    for (const [index, [x = 0, y = 0]] of line.entries()) {
      const [readX = 0, readY = 0] = read.borders[0]?.[0]?.[index] ?? [];
      expect(Math.abs(readX - x)).toBeLessThanOrEqual(0.5 / STEPS_PER_DEGREE + 1e-9);
      expect(Math.abs(readY - y)).toBeLessThanOrEqual(0.5 / STEPS_PER_DEGREE + 1e-9);
    }
  });

  test("that ends too early is an error that says where", () => {
    expect(() => readGround(packed.subarray(0, 1000))).toThrow(/ends at byte 1000/);
  });
});

describe("the fine ground", () => {
  test("has several times as many points as the coarse one", () => {
    const count = (geography: Geography) => linesOf(geography, "coasts").flat().length;
    expect(count(fine)).toBeGreaterThan(4 * count(coarse));
  });

  test("has the coast where it is: within two kilometres of Europa Point, 36.109° N, 5.345° W", () => {
    const nearest = linesOf(fine, "coasts")
      .flat()
      .reduce(
        (least, [x = 0, y = 0]) => Math.min(least, Math.hypot((x + 5.345) * 0.81, y - 36.109)),
        1,
      );
    expect(nearest).toBeLessThan(0.02);
  });

  test("has closed rings, and no coast along the antimeridian", () => {
    const rings = fine.land.features.flatMap(({ geometry }) => (geometry as Polygon).coordinates);
    expect(rings.length).toBeGreaterThan(1_000);
    expect(rings.map((ring) => ring.at(-1))).toEqual(rings.map(([first]) => first));
    const along = linesOf(fine, "coasts").filter((line) =>
      line.some(([x = 0], index) => Math.abs(x) === 180 && line[index + 1]?.[0] === x),
    );
    expect(along).toEqual([]);
  });

  test("has runways, none longer than seven kilometres", () => {
    const lengths = linesOf(fine, "runways").map(
      ([[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = []]) => {
        const east = (x1 - x0) * Math.cos((y0 * Math.PI) / 180);
        return Math.hypot(east, y1 - y0) * 111.2;
      },
    );
    expect(lengths.length).toBeGreaterThan(10_000);
    expect(lengths.filter((length) => length > 7)).toEqual([]);
  });
});

test("a line is simplified as far as the tolerance allows, and keeps its ends", () => {
  const line = [
    [0, 0],
    [1, 0.001],
    [2, 0],
    [2, 1],
  ];
  expect(simplify(line, 0.01)).toEqual([line[0], line[2], line[3]]);
  expect(simplify(line, 0.0001)).toEqual(line);
});
