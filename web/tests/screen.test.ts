/** What the page draws by itself is enlarged on very large screens, as the style sheets enlarge texts. */

import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { screenScale } from "../src/core/screen.ts";
import { geographyStyle } from "../src/map/base-style.ts";
import { MAP_THEMES } from "../src/map/theme.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  [390, 844, 1],
  [1_440, 900, 1],
  [2_560, 1_440, 1],
  [3_840, 2_160, 1.5],
  [5_120, 2_880, 2],
  [5_120, 1_440, 1],
])("%s x %s pixels are drawn %s times as large", (width, height, scale) => {
  vi.stubGlobal("innerWidth", width);
  vi.stubGlobal("innerHeight", height);
  expect(screenScale()).toBe(scale);
});

test("the style sheet enlarges texts from the same size on", () => {
  const css = readFileSync(new URL("../src/core/theme.css", import.meta.url), "utf8");
  const [, width, height] = css.match(/max\(87\.5%, min\(([\d.]+)vw, ([\d.]+)vh\)\)/) ?? [];
  expect((Number(width) / 100) * 2_560).toBeCloseTo(14, 0);
  expect((Number(height) / 100) * 1_440).toBeCloseTo(14, 0);
});

/** Returns the greatest number of each interpolation: a size in pixels. */
function sizes(scale: number): number[] {
  const text = JSON.stringify(geographyStyle(MAP_THEMES.dark, scale).layers);
  return [...text.matchAll(/\["interpolate",\["linear"\],\["zoom"\],([\d.,]+)\]/g)].map(
    ([, stops]) => Number((stops as string).split(",").at(-1)),
  );
}

test("names and lines of the ground are enlarged", () => {
  expect(sizes(1).length).toBeGreaterThanOrEqual(4);
  expect(sizes(2)).toEqual(sizes(1).map((size) => 2 * size));
});
