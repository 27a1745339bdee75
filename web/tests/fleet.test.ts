/** The fleet holds the same aircraft as the documented decoder, in both formats. */

import { describe, expect, test } from "vitest";
import { DeltaDecoder } from "../../clients/typescript/src/delta-decoder.ts";
import { DeltaReader } from "../src/stream/delta-reader.ts";
import { Fleet, MEASURES, TEXTS } from "../src/stream/fleet.ts";
import { RowReader } from "../src/stream/row-reader.ts";
import { recording } from "./recording.ts";

type State = Record<string, string | number | boolean | null>;

/** Returns the fleet as the objects of `format=object`, by address. */
function picture(fleet: Fleet, fields: readonly string[]): Map<string, State> {
  const states = [...fleet.held()].map((slot): State => {
    const state: State = { icao24: fleet.icao24[slot] ?? null };
    for (const text of TEXTS) {
      state[text] = fleet.text(text, slot);
    }
    for (const measure of MEASURES) {
      const value = fleet.measure(measure, slot);
      state[measure] = Number.isNaN(value) ? null : value;
    }
    state.on_ground = state.on_ground === null ? null : state.on_ground === 1;
    return Object.fromEntries(fields.map((field) => [field, state[field] ?? null]));
  });
  return new Map(states.map((state) => [String(state.icao24), state]));
}

function byAddress(states: Iterable<State>): Map<string, State> {
  return new Map([...states].map((state) => [String(state.icao24), state]));
}

describe("format=delta", () => {
  test("after every event the fleet equals that of the documented decoder", () => {
    const decoder = new DeltaDecoder();
    const fleet = new Fleet();
    const reader = new DeltaReader(fleet);
    for (const [event, data] of recording("delta")) {
      decoder.feed(event, data);
      reader.apply(event, data);
      const fields = [...decoder.texts.keys(), ...decoder.columns.keys()];
      expect(picture(fleet, fields)).toEqual(byAddress(decoder.aircraft()));
      expect(fleet.size).toBe(decoder.slots.size);
    }
  });

  test("an aircraft in a reused slot has zeros for values that the update leaves out", () => {
    const fleet = new Fleet();
    const reader = new DeltaReader(fleet);
    const texts = { icao24: { "0": "aaaaaa" } };
    const begun = { null: -1, units: { velocity: 0.1 }, slots: [0], columns: { velocity: [25] } };
    reader.apply("snapshot", { ...begun, texts });
    reader.apply("remove", { icao24: ["aaaaaa"] });
    expect(fleet.measure("velocity", 0)).toBeNaN();
    reader.apply("update", { slots: [0], columns: {}, texts: { icao24: { "0": "bbbbbb" } } });
    expect(fleet.measure("velocity", fleet.slotOf("bbbbbb") ?? -1)).toBe(0);
  });

  test("a second snapshot replaces everything", () => {
    const fleet = new Fleet();
    const reader = new DeltaReader(fleet);
    const [first] = recording("delta");
    fleet.admit("abcdef");
    reader.apply(...(first as [string, unknown]));
    expect(fleet.slotOf("abcdef")).toBeUndefined();
    expect(fleet.size).toBe(2);
  });
});

describe("format=row", () => {
  test("after every event the fleet equals that of format=object", () => {
    const fleet = new Fleet();
    const reader = new RowReader(fleet);
    const objects = new Map<string, State>();
    const objectEvents = recording("object");
    recording("row").forEach(([event, data], index) => {
      reader.apply(event, data);
      const { states = [], icao24 = [] } = (objectEvents[index]?.[1] ?? {}) as {
        states?: State[];
        icao24?: string[];
      };
      for (const state of states) {
        objects.set(String(state.icao24), state);
      }
      for (const gone of icao24) {
        objects.delete(gone);
      }
      expect([...picture(fleet, ["icao24"]).keys()].sort()).toEqual([...objects.keys()].sort());
      for (const [address, state] of picture(fleet, [
        "icao24",
        "callsign",
        "squawk",
        "longitude",
      ])) {
        expect(objects.get(address)).toMatchObject(state);
      }
    });
  });
});

describe("slots", () => {
  test("a free slot is reused", () => {
    const fleet = new Fleet();
    fleet.admit("aaaaaa");
    fleet.admit("bbbbbb");
    fleet.remove("aaaaaa");
    expect(fleet.admit("cccccc")).toBe(0);
    expect(fleet.end).toBe(2);
    expect(fleet.measure("velocity", 0)).toBeNaN();
  });

  test("thirty thousand aircraft fit", () => {
    const fleet = new Fleet();
    for (let number = 0; number < 30_000; number++) {
      fleet.setMeasure("velocity", fleet.admit(number.toString(16).padStart(6, "0")), number);
    }
    expect(fleet.size).toBe(30_000);
    expect(fleet.measure("velocity", 29_999)).toBe(29_999);
  });
});
