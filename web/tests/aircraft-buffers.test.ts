/** The vertex buffers for the graphics card, and the counters of the header. */

import { expect, test } from "vitest";
import { AircraftBuffers } from "../src/map/aircraft-buffers.ts";
import {
  EMERGENCY_COLOUR,
  GROUND_COLOUR,
  rampColour,
  UNKNOWN_COLOUR,
} from "../src/map/altitude-ramp.ts";
import { SHAPES } from "../src/map/shape-outlines.ts";
import { countFleet } from "../src/store/fleet-counts.ts";
import { Fleet, MEASURES } from "../src/stream/fleet.ts";

const T = 1_790_000_000;

/** Returns an airliner, one on the ground, one in distress, one without position, and a free slot. */
function fleet(): Fleet {
  const made = new Fleet();
  for (const icao24 of ["aaaaaa", "bbbbbb", "cccccc", "dddddd", "eeeeee"]) {
    const slot = made.admit(icao24);
    for (const measure of MEASURES) {
      made.setMeasure(measure, slot, 0);
    }
    made.setMeasure("time_position", slot, T - 3);
    made.setMeasure("last_contact", slot, T - slot);
    made.setMeasure("velocity", slot, 200);
    made.setMeasure("true_track", slot, 90);
    made.setMeasure("latitude", slot, 47);
  }
  made.setMeasure("on_ground", 1, 1);
  made.setText("squawk", 2, "7700");
  made.setMeasure("latitude", 3, Number.NaN);
  made.setMeasure("baro_altitude", 3, Number.NaN);
  made.remove("eeeeee");
  return made;
}

function written(): AircraftBuffers {
  const buffers = new AircraftBuffers();
  buffers.write(fleet(), "dark", T + 0.5);
  return buffers;
}

test("colours show altitude, ground, emergency and an unknown altitude", () => {
  const { colours } = written();
  const colourOf = (slot: number) => [...colours.subarray(4 * slot, 4 * slot + 3)];
  expect(colourOf(0)).toEqual([...rampColour(0, "dark")]);
  expect(colourOf(1)).toEqual([...GROUND_COLOUR.dark]);
  expect(colourOf(2)).toEqual([...EMERGENCY_COLOUR.dark]);
  expect(colourOf(3)).toEqual([...UNKNOWN_COLOUR.dark]);
  expect(colours[7]).toBeLessThan(colours[3] as number);
});

test("an aircraft without position is not drawn", () => {
  const { positions, length } = written();
  const latitudes = Array.from({ length }, (_, slot) => positions[2 * slot + 1]);
  expect(latitudes).toEqual([47, 47, 47, 999, 999]);
});

test("only airborne aircraft are extrapolated, from an exact time", () => {
  const { motions, epoch } = written();
  expect([motions[1], motions[5]]).toEqual([200, 0]);
  expect(epoch + (motions[2] as number)).toBe(T - 3);
});

test("the shape is that of the type, else of the category", () => {
  const made = fleet();
  made.setText("type", 0, "A388");
  made.setMeasure("category", 1, 8);
  const buffers = new AircraftBuffers();
  buffers.write(made, "dark", T);
  const shapes = [0, 1, 2].map((slot) => SHAPES[buffers.motions[4 * slot + 3] as number]);
  expect(shapes).toEqual(["super", "helicopter-light", "unknown"]);
});

test("the counters leave out free slots", () => {
  expect(countFleet(fleet())).toEqual({ aircraft: 4, airborne: 3, newest: T, emergencies: [2] });
});

test("the buffers grow with the fleet", () => {
  const made = fleet();
  const buffers = new AircraftBuffers();
  buffers.write(made, "light", T);
  for (let number = 0; number < 5_000; number++) {
    made.admit(number.toString(16).padStart(6, "0"));
  }
  buffers.write(made, "light", T);
  expect(buffers.length).toBe(5_004);
  expect(buffers.motions.length).toBeGreaterThanOrEqual(4 * 5_004);
});
