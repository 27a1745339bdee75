/** A connection that is too slow is noticed by events that stay late. */

import { expect, test } from "vitest";
import { LineDelay } from "../src/stream/line-delay.ts";

const T = 1_790_000_000;

/** Returns what is said of each event; each has its time and arrival in seconds from the first. */
function saidOf(events: readonly [time: number, arrived: number][]): boolean[] {
  const line = new LineDelay();
  return events.map(([time, arrived]) => line.onEvent(T + time, 1_000 + arrived));
}

test("on a line that takes twice as long as the data last, it is slow after some events", () => {
  const events = Array.from({ length: 12 }, (_, index): [number, number] => [
    5 * index,
    10 * index,
  ]);
  const said = saidOf(events);
  expect(said.slice(0, 6)).toEqual(Array(6).fill(false));
  expect(said.slice(8)).toEqual(Array(4).fill(true));
});

test("a stall whose events arrive at once is not a slow line", () => {
  expect(
    saidOf([
      [0, 0],
      [5, 5],
      [10, 60],
      [15, 60.1],
      [60, 60.2],
      [65, 65],
    ]),
  ).not.toContain(true);
});

test("a line that has caught up is not slow any more", () => {
  const late: [number, number][] = [
    [0, 0],
    [10, 40],
    [30, 60],
  ];
  expect(saidOf([...late, [70, 72]])).toEqual([false, false, true, false]);
});

test("a server whose clock is wrong by hours is not slow", () => {
  expect(saidOf([0, 30, 60].map((time) => [time - 7_200, time]))).not.toContain(true);
});
