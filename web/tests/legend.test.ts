/** The legend names round altitudes. */

import { expect, test } from "vitest";
import { SYSTEMS, write } from "../src/core/units.ts";
import { HIGHEST_M } from "../src/map/altitude-ramp.ts";
import { legendTop } from "../src/panels/legend.ts";

test.each([
  ["metric", "6,000 m", "12,000 m"],
  ["nautical", "20,000 ft", "40,000 ft"],
  ["imperial", "20,000 ft", "40,000 ft"],
] as const)("in %s units", (system, middle, top) => {
  expect(write(legendTop(system) / 2, "altitude", system)).toBe(middle);
  expect(write(legendTop(system), "altitude", system)).toBe(top);
});

test("its end has a colour of the ramp", () => {
  for (const system of SYSTEMS) {
    expect(legendTop(system)).toBeLessThanOrEqual(HIGHEST_M);
    expect(legendTop(system)).toBeGreaterThan(0.9 * HIGHEST_M);
  }
});
