/** A place's name and position are written for its reader. */

import { expect, test } from "vitest";
import { writeCountry, writePosition } from "../src/core/place-names.ts";

test("countries have their English names, and what is no country its code", () => {
  expect(writeCountry("CH")).toBe("Switzerland");
  expect(writeCountry("")).toBe("");
  expect(writeCountry("1234")).toBe("1234");
});

test("positions say on which side of the equator and of Greenwich they are", () => {
  expect(writePosition({ latitude: 47.4647, longitude: 8.5492 })).toBe("47.4647° N, 8.5492° E");
  expect(writePosition({ latitude: -15.9578, longitude: -5.6456 })).toBe("15.9578° S, 5.6456° W");
});
