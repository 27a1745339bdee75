/** The map loads more of the geography when it is zoomed in, and keeps it. */

import { expect, test } from "vitest";
import { geographyStyle } from "../src/map/base-style.ts";
import { COARSE, DetailLevel } from "../src/map/detail.ts";
import { placesLayer } from "../src/map/places-style.ts";

test("the first view has the coarse geography alone, whatever its zoom level", () => {
  expect(new DetailLevel().detail).toEqual(COARSE);
});

test("each closer zoom level loads what it needs once", () => {
  const level = new DetailLevel();
  expect([1.8, 4, 4.5, 5, 8, 13].map((zoom) => level.reach(zoom))).toEqual([
    false,
    true,
    false,
    true,
    true,
    false,
  ]);
  expect(level.detail).toEqual({ ground: "fine-ground", places: "all-places" });
});

test("zooming out keeps what is loaded", () => {
  const level = new DetailLevel();
  level.reach(9);
  expect(level.reach(2)).toBe(false);
  expect(level.detail.places).toBe("all-places");
});

test("cities of the first view give way to the places, which are attributed", () => {
  const cities = (detail = COARSE) =>
    geographyStyle("dark", detail).layers.find(({ id }) => id === "cities");
  expect(cities()).not.toHaveProperty("maxzoom");
  expect(cities({ ground: "ground", places: "major-places" })).toHaveProperty("maxzoom", 4);
  expect(JSON.stringify(geographyStyle("dark", COARSE).sources)).toContain("GeoNames");
});

test("airports lie on a server's tiles too, without the cities that those have", () => {
  expect(JSON.stringify(placesLayer("light", ["airport"], 1).filter)).toContain('["airport"]');
});
