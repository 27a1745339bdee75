/** Only visible rows have elements, and keys move to the others. */

import { describe, expect, test } from "vitest";
import {
  poolSize,
  rowAfter,
  scrollToCentre,
  scrollToShow,
  spanOf,
  type View,
} from "../src/table/window.ts";

const view = (scrollTop: number, rows = 12_000): View => ({
  scrollTop,
  height: 600,
  rowHeight: 30,
  rows,
});

describe("visible rows", () => {
  test.each([
    [0, 0, 24],
    [15, 0, 25],
    [3_000, 96, 124],
    [359_400, 11_976, 12_000],
    [999_999, 11_996, 12_000],
    [-40, 0, 23],
  ])("scrolled by %d: rows %d to %d", (scrollTop, first, end) => {
    expect(spanOf(view(scrollTop))).toEqual({ first, end });
  });

  test("an empty table has none", () => {
    expect(spanOf(view(0, 0))).toEqual({ first: 0, end: 0 });
  });

  test("the pool is large enough at every scroll position", () => {
    const enough = poolSize(600, 30);
    for (let scrollTop = 0; scrollTop < 2_000; scrollTop += 7) {
      const { first, end } = spanOf(view(scrollTop));
      expect(end - first).toBeLessThanOrEqual(enough);
      expect(first * 30).toBeLessThanOrEqual(scrollTop);
      expect(end * 30).toBeGreaterThanOrEqual(scrollTop + 600);
    }
  });
});

describe("scrolling to a row", () => {
  test.each([
    [100, 3_000, 3_000],
    [119, 3_000, 3_000],
    [120, 3_000, 3_030],
    [99, 3_000, 2_970],
    [0, 3_000, 0],
  ])("row %d from %d: %d", (row, from, to) => {
    expect(scrollToShow(row, view(from))).toBe(to);
  });

  test("a row that was far away is centred, except near the ends", () => {
    expect(scrollToCentre(6_000, view(0))).toBe(179_715);
    expect(scrollToCentre(2, view(9_000))).toBe(0);
    expect(scrollToCentre(11_999, view(0))).toBe(359_400);
    expect(scrollToCentre(1, view(0, 3))).toBe(0);
  });
});

describe("keys", () => {
  test.each([
    ["ArrowDown", 5, 6],
    ["ArrowUp", 5, 4],
    ["ArrowUp", 0, 0],
    ["ArrowDown", 11_999, 11_999],
    ["PageDown", 5, 24],
    ["PageUp", 25, 6],
    ["Home", 5_000, 0],
    ["End", 5, 11_999],
    ["ArrowDown", -1, 0],
    ["a", 5, null],
  ])("%s moves from row %d to %s", (key, row, to) => {
    expect(rowAfter(key, row, view(0))).toBe(to);
  });
});
