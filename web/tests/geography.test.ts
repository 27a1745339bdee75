/** The packaged geography after the map's worker has unpacked it. */

import { readFileSync } from "node:fs";
import type { Position } from "geojson";
import { describe, expect, test } from "vitest";
import {
  KINDS_BY_SOURCE,
  type PackagedGeography,
  SOURCE_NAMES,
  sourceFeatures,
  unpackGeography,
} from "../src/map/geography.ts";

const path = new URL("../geography/geography.json", import.meta.url);
const geography = unpackGeography(JSON.parse(readFileSync(path, "utf8")) as PackagedGeography);

function rings(): Position[][] {
  return geography.land.features.flatMap(({ geometry }) => {
    if (geometry.type === "Polygon") {
      return geometry.coordinates;
    }
    return geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
  });
}

describe("geography", () => {
  test.each(SOURCE_NAMES)(
    "%s contain all features of their kinds, with the kind as a property",
    (name) => {
      const { type, features } = sourceFeatures(geography, name);
      expect(type).toBe("FeatureCollection");
      for (const kind of KINDS_BY_SOURCE[name]) {
        const ofKind = features.filter(({ properties }) => properties?.kind === kind);
        expect(ofKind.length).toBe(geography[kind].features.length);
        // Runways are in the fine ground alone.
        expect(ofKind.length > 0).toBe(kind !== "runways");
      }
    },
  );

  test.each(["countries", "cities"] as const)(
    "%s are ordered by rank, in which order the map places their labels",
    (name) => {
      const ranks = geography[name].features.map(({ properties }) => properties?.rank as number);
      expect(ranks).toEqual(ranks.toSorted((one, other) => one - other));
    },
  );

  test("each ring of the land is closed", () => {
    expect(rings().length).toBeGreaterThan(1_000);
    for (const ring of rings()) {
      expect(ring.at(-1)).toEqual(ring[0]);
    }
  });

  test("no ring jumps to the other side of the map, except along a pole", () => {
    const jumps = rings().flatMap((ring) =>
      ring.slice(1).filter(([longitude = 0, latitude = 0], index) => {
        const apart = Math.abs(longitude - (ring[index]?.[0] ?? 0));
        return apart > (Math.abs(latitude) > 85 ? 360 : 180);
      }),
    );
    expect(jumps).toEqual([]);
  });
});
