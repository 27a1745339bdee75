/** The texts of labels, and where on the screen their aircraft are. */

import { describe, expect, test } from "vitest";
import { type LabelField, readLabelFields } from "../src/core/label-fields.ts";
import { SYSTEMS, type System } from "../src/core/units.ts";
import { AircraftBuffers } from "../src/map/aircraft-buffers.ts";
import { positionOf } from "../src/map/dead-reckoning.ts";
import { type Camera, CandidateSearch } from "../src/map/label-candidates.ts";
import {
  type Alignment,
  columnsOf,
  linesOf,
  MAX_COLUMNS,
  TEXT_BYTES,
  writeLines,
} from "../src/map/label-text.ts";
import { Fleet, type Measure } from "../src/stream/fleet.ts";

const T = 1_790_000_000;
const ALL: LabelField[] = ["callsign", "altitude", "speed"];

function fleetOf(...aircraft: (Partial<Record<Measure, number>> & { squawk?: string })[]): Fleet {
  const fleet = new Fleet();
  aircraft.forEach(({ squawk, ...measures }, index) => {
    const slot = fleet.admit(index.toString(16).padStart(6, "0"));
    const whole = { time_position: T, on_ground: 0, longitude: 0, latitude: 0, ...measures };
    for (const [name, value] of Object.entries(whole)) {
      fleet.setMeasure(name as Measure, slot, value);
    }
    fleet.setText("squawk", slot, squawk ?? null);
  });
  return fleet;
}

describe("lines", () => {
  test.each<[System, string[]]>([
    ["metric", ["DLH4AB", "11278 m", "893 km/h"]],
    ["nautical", ["DLH4AB", "37001 ft", "482 kt"]],
    ["imperial", ["DLH4AB", "37001 ft", "555 mph"]],
  ])("are in %s units", (units, lines) => {
    const fleet = fleetOf({ baro_altitude: 11_278, velocity: 248 });
    fleet.setText("callsign", 0, "DLH4AB");
    expect(linesOf(fleet, 0, ALL, units)).toEqual(lines);
  });

  test("have the address without a callsign, and nothing for what was not received", () => {
    const fleet = fleetOf({ baro_altitude: Number.NaN, velocity: Number.NaN });
    expect(linesOf(fleet, 0, ALL, "metric")).toEqual(["000000", "", ""]);
  });

  test.each(SYSTEMS)("of the highest and fastest fit their columns in %s units", (units) => {
    const fleet = fleetOf({ baro_altitude: 21_000, velocity: 340 });
    fleet.setText("callsign", 0, "ABCDEFGH");
    for (const field of ALL) {
      const [line = ""] = linesOf(fleet, 0, [field], units);
      expect(line.length).toBeLessThanOrEqual(columnsOf([field], units));
    }
    expect(columnsOf(ALL, units)).toBeLessThanOrEqual(MAX_COLUMNS);
    expect(ALL.length * MAX_COLUMNS).toBeLessThanOrEqual(TEXT_BYTES);
  });
});

describe("bytes", () => {
  const written = (alignment: Alignment, columns: number, ...lines: string[]) => {
    const bytes = new Uint8Array(TEXT_BYTES).fill(7);
    writeLines(bytes, lines, columns, alignment);
    return String.fromCharCode(...bytes);
  };

  test.each<[Alignment, string]>([
    ["left", "AB        CDEF      "],
    ["right", "    AB      CDEF    "],
    ["middle", "  AB       CDEF     "],
  ])("are aligned to the %s of the columns in use", (alignment, text) => {
    expect(written(alignment, 6, "AB", "CDEF").slice(0, 2 * MAX_COLUMNS)).toBe(text);
  });

  test("cut what is too long, and replace what there is no glyph for", () => {
    expect(written("left", 8, "ABCDEFGHIJK", "Ä\n€\u{1f6e9}x").slice(0, 20)).toBe(
      "ABCDEFGH  ?????x    ",
    );
  });
});

test.each([
  ["", []],
  ["speed,callsign", ["callsign", "speed"]],
  ["altitude,altitude,<b>", ["altitude"]],
])("the fields %j are read as %j", (text, fields) => {
  expect(readLabelFields(text)).toEqual(fields);
});

describe("places on the screen", () => {
  const camera: Camera = {
    longitude: 8,
    latitude: 47,
    world: 512 * 2 ** 7,
    bearing: 0,
    halfWidth: 700,
    halfHeight: 450,
  };

  function search(fleet: Fleet, view: Camera = camera, now: number | null = T, left = -1) {
    const buffers = new AircraftBuffers();
    buffers.write(fleet, "dark", T);
    const seconds = now === null ? null : now - buffers.epoch;
    const found = new CandidateSearch().search(fleet, buffers, view, seconds, 20, left);
    return [...found.slots.subarray(0, found.count)].map((slot, index) => ({
      slot,
      x: found.x[index] as number,
      y: found.y[index] as number,
      rank: found.ranks[index] as number,
    }));
  }

  test("are those at which the aircraft are drawn, extrapolated or not", () => {
    const fleet = fleetOf({ longitude: 8.3, latitude: 47.1, velocity: 250, true_track: 60 });
    for (const now of [null, T + 40, T + 600]) {
      const [found] = search(fleet, camera, now);
      const [longitude, latitude] = positionOf(fleet, 0, now) ?? [0, 0];
      const mercator = (degrees: number) =>
        Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) / (2 * Math.PI);
      expect(found?.x).toBeCloseTo(((longitude - 8) / 360) * camera.world, 1);
      expect(found?.y).toBeCloseTo((mercator(47) - mercator(latitude)) * camera.world, 1);
    }
  });

  test("go across the antimeridian", () => {
    const fleet = fleetOf({ longitude: -179, latitude: 0 }, { longitude: 178, latitude: 0 });
    const found = search(fleet, { ...camera, longitude: 179, latitude: 0 });
    const degree = camera.world / 360;
    expect(found.map(({ x }) => Math.round(x / degree))).toEqual([2, -1]);
  });

  test("turn with the map", () => {
    const fleet = fleetOf({ longitude: 9, latitude: 47 });
    const [found] = search(fleet, { ...camera, bearing: 90 });
    expect(found?.x).toBeCloseTo(0, 1);
    expect(found?.y).toBeCloseTo(-camera.world / 360, 1);
  });

  test("leave out what is outside, has no position or is selected, and rank the others", () => {
    const here = { longitude: 8, latitude: 47 };
    const fleet = fleetOf(
      { ...here, on_ground: 1 },
      { ...here, squawk: "7700" },
      here,
      { longitude: 8, latitude: -47 },
      { longitude: -8, latitude: 47 },
      { longitude: 8, latitude: Number.NaN },
      here,
    );
    fleet.remove("000006");
    expect(search(fleet).map(({ slot, rank }) => [slot, rank])).toEqual([
      [0, 2],
      [1, 0],
      [2, 1],
    ]);
    expect(search(fleet, camera, T, 2).map(({ slot }) => slot)).toEqual([0, 1]);
  });
});
