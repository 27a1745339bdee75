/** Several aircraft are selected up to a bound, and the address holds them. */

import { describe, expect, test } from "vitest";
import { assignColours } from "../src/map/group-colours.ts";
import { readAddress, writeAddress } from "../src/store/address.ts";
import {
  allOf,
  MAX_SELECTED,
  parseSelection,
  selectionOf,
  toggled,
  withAdded,
  withFocus,
  without,
} from "../src/store/selection.ts";

const THREE = selectionOf(["aaaaaa", "bbbbbb", "cccccc"]);

describe("a selection", () => {
  test("adds, removes and focuses aircraft", () => {
    expect(THREE).toEqual({ focused: "aaaaaa", others: ["bbbbbb", "cccccc"] });
    expect(allOf(toggled(THREE, "dddddd"))).toEqual(["aaaaaa", "bbbbbb", "cccccc", "dddddd"]);
    expect(allOf(toggled(THREE, "bbbbbb"))).toEqual(["aaaaaa", "cccccc"]);
    expect(allOf(without(THREE, "aaaaaa"))).toEqual(["bbbbbb", "cccccc"]);
    expect(withFocus(THREE, "cccccc")).toEqual({
      focused: "cccccc",
      others: ["bbbbbb", "aaaaaa"],
    });
    expect(allOf(without(selectionOf(["aaaaaa"]), "aaaaaa"))).toEqual([]);
  });

  test("is bounded, and has each aircraft once", () => {
    const many = Array.from({ length: 2 * MAX_SELECTED }, (_, index) =>
      index.toString(16).padStart(6, "0"),
    );
    expect(allOf(withAdded(THREE, many))).toHaveLength(MAX_SELECTED);
    expect(allOf(withAdded(THREE, ["bbbbbb", "aaaaaa"]))).toEqual(allOf(THREE));
    expect(allOf(parseSelection(many.join()))).toHaveLength(MAX_SELECTED);
  });

  test("leaves out what is no address", () => {
    expect(allOf(parseSelection("AAAAAA,<script>,,bbbbb,bbbbbb"))).toEqual(["aaaaaa", "bbbbbb"]);
  });
});

test("colours stay while aircraft are selected, and free ones are used again", () => {
  const first = assignColours(new Map(), ["aaaaaa", "bbbbbb", "cccccc"]);
  const second = assignColours(first, ["bbbbbb", "cccccc", "dddddd"]);
  expect(second.get("bbbbbb")).toBe(first.get("bbbbbb"));
  expect(second.get("dddddd")).toBe(first.get("aaaaaa"));
});

describe("the address", () => {
  test.each([
    "?at=47.4500,8.5500,7.25&aircraft=4b1814,aaaaaa,bbbbbb",
    "?at=47.4500,8.5500,7.25&panel=layers&night=on&density=live&base=Streets&tracks=altitude",
    "?at=47.4500,8.5500,7.25&density=2026-09-21",
  ])("%s is read and written unchanged", (address) => {
    expect(writeAddress(readAddress(address))).toBe(address);
  });

  test.each([
    "?night=yes",
    "?density=2026-02-30",
    "?density=%3Cb%3E",
    `?base=${"x".repeat(41)}`,
    "?aircraft=zzzzzz,1",
  ])("%s is invalid and gives the defaults", (address) => {
    expect(readAddress(address)).toEqual(readAddress(""));
  });
});
