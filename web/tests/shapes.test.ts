/** Each aircraft gets the shape of its type, else of its category; the shapes fit into the atlas. */

import { describe, expect, test } from "vitest";
import { OUTLINES, SHAPES, type Shape } from "../src/map/shape-outlines.ts";
import { listedDesignators, shapeOfType } from "../src/map/shape-types.ts";
import { SHAPE_SIZES, shapeIndex } from "../src/map/shapes.ts";

const shapeOf = (type: string | null, category: number) => SHAPES[shapeIndex(type, category)];

describe("the choice of a shape", () => {
  test.each<[type: string, shape: Shape]>([
    ["A388", "super"],
    ["B748", "four-engine"],
    ["MD11", "three-engine"],
    ["A359", "wide-body"],
    ["B77W", "wide-body"],
    ["A20N", "narrow-body"],
    ["B738", "narrow-body"],
    ["MD83", "rear-engine"],
    ["CRJ9", "regional-jet"],
    ["GLF6", "business-jet"],
    ["SF50", "light-jet"],
    ["AT76", "turboprop"],
    ["PC12", "turboprop-single"],
    ["C172", "light-single"],
    ["P28A", "light-single"],
    ["DA42", "light-twin"],
    ["AN2", "biplane"],
    ["CL2T", "seaplane"],
    ["DG1T", "glider"],
    ["C42", "ultralight"],
    ["GYRO", "gyrocopter"],
    ["EC35", "helicopter-light"],
    ["H60", "helicopter-heavy"],
    ["H47", "tandem-helicopter"],
    ["V22", "tiltrotor"],
    ["F16", "fast-jet"],
    ["EUFI", "delta-jet"],
    ["HAWK", "jet-trainer"],
    ["PC21", "propeller-trainer"],
    ["C17", "military-transport"],
    ["C30J", "transport-propellers"],
    ["K35R", "tanker"],
    ["B52", "bomber"],
    ["B2", "flying-wing"],
    ["E3TF", "radar-plane"],
    ["Q9", "large-drone"],
    ["BALL", "balloon"],
    ["SHIP", "airship"],
    ["-GND", "ground-vehicle"],
    ["-TWR", "obstacle"],
  ])("%s is drawn as %s, whatever its category", (type, shape) => {
    expect(shapeOf(type, 4)).toBe(shape);
    expect(shapeOf(type, Number.NaN)).toBe(shape);
  });

  test("a designator that is written out goes before a pattern", () => {
    expect(shapeOf("C150", 0)).toBe("light-single");
    expect(shapeOf("C130", 0)).toBe("transport-propellers");
    expect(shapeOf("C25B", 0)).toBe("business-jet");
    expect(shapeOf("C208", 0)).toBe("turboprop-single");
  });

  test.each<[category: number, shape: Shape]>([
    [2, "light-single"],
    [4, "narrow-body"],
    [6, "wide-body"],
    [8, "helicopter-light"],
    [9, "glider"],
    [14, "drone"],
    [16, "emergency-vehicle"],
    [17, "service-vehicle"],
    [20, "obstacle-line"],
  ])("without a known type category %i is drawn as %s", (category, shape) => {
    expect(shapeOf(null, category)).toBe(shape);
    expect(shapeOf("ZZZZ", category)).toBe(shape);
  });

  test.each([0, 1, 13, 21, -1, 2.5, Number.NaN])(
    "category %d says nothing, and the aircraft has a shape of its own",
    (category) => {
      expect(shapeOf(null, category)).toBe("unknown");
      expect(shapeOf("", category)).toBe("unknown");
    },
  );

  test("thousands of invented types are answered, and take no memory for ever", () => {
    const shapes = new Set(Array.from({ length: 10_000 }, (_, n) => shapeOf(`#${n}`, 9)));
    expect([...shapes]).toEqual(["glider"]);
  });
});

describe("the table of designators", () => {
  test("names each designator once, as ICAO writes them", () => {
    const listed = listedDesignators();
    const twice = listed.filter((designator, at) => listed.indexOf(designator) !== at);
    expect(twice).toEqual([]);
    expect(
      listed.filter((one) => !/^(-?[A-Z][A-Z0-9]{1,3}|[A-Z][A-Z0-9]{1,2}\*)$/.test(one)),
    ).toEqual([]);
    expect(listed.length).toBeGreaterThan(500);
  });

  test("reaches every shape but the one for unknown types", () => {
    const shapes = new Set(listedDesignators().map((one) => shapeOfType(one.replace("*", "9"))));
    expect(SHAPES.filter((shape) => !shapes.has(shape))).toEqual(["unknown"]);
  });
});

describe("the outlines", () => {
  test.each(SHAPES)("%s lies in the box of its cell and is symmetric in extent", (shape) => {
    const { parts } = OUTLINES[shape];
    const values = parts.flat();
    expect(values.every((value) => Math.abs(value) <= 16)).toBe(true);
    const across = values.filter((_, at) => at % 2 === 0);
    if (shape !== "gyrocopter") {
      expect(Math.max(...across)).toBeCloseTo(-Math.min(...across), 5);
    }
    const extent = Math.max(...values.map(Math.abs));
    expect(extent).toBeGreaterThan(10);
  });

  test("no two shapes are the same, and sizes follow the wake class", () => {
    const drawn = SHAPES.map((shape) => JSON.stringify([OUTLINES[shape].parts]));
    expect(new Set(drawn).size).toBe(SHAPES.length);
    const sizeOf = (shape: Shape) => SHAPE_SIZES[SHAPES.indexOf(shape)] as number;
    const order: Shape[] = ["super", "wide-body", "narrow-body", "business-jet", "light-single"];
    const sizes = order.map(sizeOf);
    expect(sizes).toEqual([...sizes].sort((one, other) => other - one));
    expect(new Set(sizes).size).toBe(sizes.length);
  });
});
