/** What panels leave free of the map, in the layouts of a desk and of phones. */

import { expect, test } from "vitest";
import { type Box, uncovered } from "../src/map/uncovered.ts";

function box(left: number, top: number, width: number, height: number): Box {
  return { left, top, right: left + width, bottom: top + height };
}

const DESK = box(0, 0, 1280, 800);
const HEADER = box(10, 10, 420, 50);
const TOOLS = box(10, 71, 73, 330);
const FOOTER = box(10, 720, 1214, 50);

test("without panels it lies between header, tools and time bar", () => {
  expect(uncovered(DESK, [HEADER, FOOTER, TOOLS])).toEqual(box(83, 60, 1197, 660));
});

test("with the table open it ends above the time bar, which lies on the table", () => {
  const [table, footer] = [box(0, 464, 1280, 336), box(94, 384, 1130, 50)];
  const { bottom } = uncovered(DESK, [HEADER, table, footer, TOOLS]);
  expect(bottom).toBe(384);
});

test("a panel at the left and the details at the right leave what is between them", () => {
  const [panel, details] = [box(94, 71, 294, 640), box(990, 10, 280, 700)];
  const { left, right } = uncovered(DESK, [HEADER, FOOTER, TOOLS, panel, details]);
  expect([left, right]).toEqual([388, 990]);
});

test("a sheet leaves the upper part of a phone", () => {
  const [phone, header, tabs] = [box(0, 0, 390, 844), box(10, 10, 370, 48), box(0, 788, 390, 56)];
  const sheet = box(0, 349, 390, 439);
  expect(uncovered(phone, [header, tabs, sheet])).toEqual(box(0, 58, 390, 291));
});

test("what covers the map as a whole is not counted", () => {
  const [phone, header, tabs] = [box(0, 0, 390, 844), box(10, 10, 370, 48), box(0, 788, 390, 56)];
  const table = box(0, 68, 390, 720);
  expect(uncovered(phone, [header, tabs, table])).toEqual(box(0, 58, 390, 730));
});

test("what lies elsewhere takes nothing", () => {
  expect(uncovered(DESK, [box(0, 800, 1280, 40)])).toEqual(DESK);
});
