/** What is computed for the map: the night, a density, distances, and the user's own file. */

import { describe, expect, test } from "vitest";
import { chooseTiles } from "../src/map/base-choice.ts";
import { aircraftIn } from "../src/map/box-selection.ts";
import { areasOf, cellOf, countCells, greatest } from "../src/map/density-grid.ts";
import { MAX_POSITIONS, readGeojson } from "../src/map/geojson-reader.ts";
import { greatCircle } from "../src/map/great-circle.ts";
import { keepAdditions } from "../src/map/map-additions.ts";
import { bearingBetween, kilometresOf, legsOf } from "../src/map/measure.ts";
import { nightRing, sunAltitude, sunAt } from "../src/map/sun.ts";
import { extentOf } from "../src/map/user-overlay.ts";
import { PACKAGED } from "../src/store/overlay-choice.ts";
import { Fleet } from "../src/stream/fleet.ts";
import { RowReader } from "../src/stream/row-reader.ts";

const seconds = (text: string) => Date.parse(text) / 1000;

describe("the sun", () => {
  // Solstices and equinox of the US Naval Observatory; at 12:00 UTC the equation of time is minutes.
  test.each([
    ["2026-06-21T08:25:00Z", 23.44],
    ["2026-12-21T20:50:00Z", -23.44],
    ["2026-03-20T14:46:00Z", 0],
    ["2026-09-23T00:05:00Z", 0],
  ])("at %s it is overhead at latitude %f", (time, latitude) => {
    expect(sunAt(seconds(time))[1]).toBeCloseTo(latitude, 1);
  });

  test("is overhead at Greenwich at its noon by the equation of time", () => {
    // 3 November 2026: the sun crosses the meridian 16 min 27 s before 12:00 UTC.
    expect(sunAt(seconds("2026-11-03T11:43:33Z"))[0]).toBeCloseTo(0, 0);
    expect(sunAltitude([0, 51.5], seconds("2026-11-03T11:43:33Z"))).toBeCloseTo(23.4, 0);
  });

  test.each([
    "2026-01-01T00:00:00Z",
    "2026-03-20T14:46:00Z",
    "2026-06-21T08:25:00Z",
    "2026-10-05T17:40:00Z",
    "2026-12-21T20:50:00Z",
  ])("at %s it is at its depression everywhere on the ring, which has no jumps", (text) => {
    const time = seconds(text);
    for (const depression of [0.833, 6, 12, 18]) {
      const ring = nightRing(time, depression);
      expect(ring[0]).toEqual(ring.at(-1));
      const onCircle = ring.filter(([, latitude = 0]) => Math.abs(latitude) < 89.9);
      for (const [longitude = 0, latitude = 0] of onCircle) {
        expect(sunAltitude([longitude, latitude], time)).toBeCloseTo(-depression, 1);
        expect(Math.abs(longitude)).toBeLessThanOrEqual(540);
      }
      const isNight = contains(ring, [sunAt(time)[0] + 180, -sunAt(time)[1]]);
      const isDay = contains(ring, sunAt(time));
      expect([isNight, isDay]).toEqual([true, false]);
    }
  });
});

/** Whether a ring contains a place or a copy of it in the neighbouring world. */
function contains(ring: readonly (readonly number[])[], [east, north]: readonly number[]): boolean {
  return [-720, -360, 0, 360, 720].some((turn) => {
    let isInside = false;
    for (const [index, [x = 0, y = 0]] of ring.entries()) {
      const [a = 0, b = 0] = ring.at(index - 1) ?? [];
      const longitude = (east ?? 0) + turn;
      if (y > (north ?? 0) !== b > (north ?? 0)) {
        isInside = longitude < ((a - x) * ((north ?? 0) - y)) / (b - y) + x ? !isInside : isInside;
      }
    }
    return isInside;
  });
}

describe("a measured path", () => {
  test("has the known distance and bearing of a great circle", () => {
    // Frankfurt (50.03 N, 8.57 E) to New York (40.64 N, 73.78 W): 6,200 km, initially 294 degrees.
    const legs = legsOf([
      [8.57, 50.03],
      [-73.78, 40.64],
      [8.57, 50.03],
    ]);
    expect(legs[0]?.kilometres).toBeCloseTo(6_190, -2);
    expect(legs[0]?.bearing).toBeCloseTo(294, 0);
    expect(kilometresOf(legs)).toBeCloseTo(2 * (legs[0]?.kilometres ?? 0), 6);
  });

  test.each([
    [[0, 0], [0, 10], 0],
    [[0, 0], [10, 0], 90],
    [[0, 10], [0, 0], 180],
    [[179, 0], [-179, 0], 90],
    [[-179, 0], [179, 0], 270],
  ] as const)("from %s to %s leaves at %d degrees", (from, to, bearing) => {
    expect(bearingBetween([...from], [...to])).toBeCloseTo(bearing, 6);
  });

  test("ends where it should and passes north of the parallel", () => {
    const line = greatCircle([0, 50], [90, 50], 10);
    expect(line).toHaveLength(11);
    expect(line[10]?.[0]).toBeCloseTo(90, 9);
    expect(line[5]?.[1]).toBeGreaterThan(59);
  });
});

function fleetAt(...places: [longitude: number | null, latitude: number | null][]): Fleet {
  const fleet = new Fleet();
  const states = places.map(([longitude, latitude], index) => [
    index.toString(16).padStart(6, "0"),
    longitude,
    latitude,
  ]);
  new RowReader(fleet).apply("snapshot", {
    time: 1,
    fields: ["icao24", "longitude", "latitude"],
    states,
  });
  return fleet;
}

describe("a density", () => {
  test("counts every aircraft with a position once", () => {
    const fleet = fleetAt([8.1, 47.2], [8.9, 47.9], [-0.1, -0.1], [180, 90], [null, null]);
    const grid = countCells(fleet, 1);
    expect([...grid.cells].sort()).toEqual(
      [
        [8, 47, 2],
        [-1, -1, 1],
        [179, 89, 1],
      ].sort(),
    );
    expect(greatest(grid)).toBe(2);
    const shares = areasOf(grid).features.map(({ properties }) => properties?.share);
    expect(Math.max(...shares)).toBe(1);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  test("has finer cells the closer the map is", () => {
    expect([1.8, 3, 4, 4.9].map(cellOf)).toEqual([3, 1.5, 0.75, 0.5]);
  });
});

test("a box over the antimeridian holds the aircraft on both sides", () => {
  const fleet = fleetAt([179, 0], [-179, 0], [0, 0], [179, 20]);
  const area = { west: 178, south: -5, east: -178, north: 5 };
  expect(aircraftIn(fleet, area)).toEqual(["000000", "000001"]);
});

describe("a file of the user's", () => {
  const feature = (geometry: unknown, properties: unknown = {}) =>
    JSON.stringify({ type: "Feature", geometry, properties });

  test("keeps geometries and one name as text", () => {
    const properties = { name: "  <b>A\n1</b> ", secret: { deep: 1 } };
    const point = { type: "Point", coordinates: [8, 47, 400] };
    expect(readGeojson(feature(point, properties)).features).toEqual([
      {
        type: "Feature",
        properties: { name: "<b>A 1</b>" },
        geometry: { type: "Point", coordinates: [8, 47] },
      },
    ]);
  });

  test("takes collections apart and leaves out what has no place", () => {
    const text = JSON.stringify({
      type: "FeatureCollection",
      features: [
        null,
        { type: "Feature", geometry: null },
        { type: "Feature", geometry: { type: "Point", coordinates: ["8", 47] } },
        { type: "Feature", geometry: { type: "Point", coordinates: [8, 91] } },
        { type: "Feature", geometry: { type: "constructor", coordinates: [8, 47] } },
        {
          type: "Feature",
          properties: { title: "Area" },
          geometry: {
            type: "GeometryCollection",
            geometries: [
              {
                type: "LineString",
                coordinates: [
                  [0, 0],
                  [1, 1],
                ],
              },
              {
                type: "Polygon",
                coordinates: [
                  [
                    [0, 0],
                    [2, 0],
                    [2, 2],
                    [0, 0],
                  ],
                ],
              },
            ],
          },
        },
      ],
    });
    const found = readGeojson(text);
    expect(found.features.map(({ geometry }) => geometry.type)).toEqual(["LineString", "Polygon"]);
    expect(found.features.map(({ properties }) => properties?.name)).toEqual(["Area", "Area"]);
    expect(extentOf(found)).toEqual([0, 0, 2, 2]);
  });

  test.each([
    ["{", "not JSON"],
    ["[]", "no features"],
    ['{"type":"FeatureCollection","features":{}}', "no features"],
    [feature({ type: "Point", coordinates: [361, 0] }), "no features"],
    [
      feature({ type: "MultiPoint", coordinates: Array(MAX_POSITIONS + 1).fill([0, 0]) }),
      "positions",
    ],
  ])("is refused with a reason (%#)", (text, reason) => {
    expect(() => readGeojson(text)).toThrow(reason);
  });
});

describe("the base map", () => {
  const [one, two] = ["One", "Two"].map((name) => ({ name, url: `${name}/{z}`, attribution: "" }));
  const configuration = {
    needs_key: false,
    tiles: one ?? null,
    tile_layers: [one, two].filter((layer) => layer !== undefined),
  };

  test("is the one of the name, the server's first, or the packaged one", () => {
    expect(chooseTiles(configuration, "Two")).toEqual(two);
    expect(chooseTiles(configuration, null)).toEqual(one);
    expect(chooseTiles(configuration, "None")).toEqual(one);
    expect(chooseTiles(configuration, PACKAGED)).toBeNull();
    expect(chooseTiles({ needs_key: false, tiles: null }, null)).toBeNull();
  });

  test("keeps what was added when it changes: areas below its names, texts above", () => {
    const layer = (id: string, type: "fill" | "symbol") => ({ id, type, source: "s" });
    const style = (...layers: ReturnType<typeof layer>[]) => ({
      version: 8 as const,
      sources: Object.fromEntries(layers.map(({ id }) => [id, { type: "vector" as const }])),
      layers,
    });
    const before = style(
      layer("old", "fill"),
      layer("added-a", "fill"),
      layer("added-t", "symbol"),
    );
    const after = keepAdditions(before, style(layer("land", "fill"), layer("names", "symbol")));
    expect(after.layers.map(({ id }) => id)).toEqual(["land", "added-a", "names", "added-t"]);
    expect(Object.keys(after.sources)).toEqual(["land", "names", "added-a", "added-t"]);
    expect(keepAdditions(undefined, before)).toEqual(before);
  });
});
