/** The lines of a profile are dashed where nothing was received. */

import { expect, test } from "vitest";
import { paintSteps } from "../src/charts/profile-drawing.ts";

test("steps over a silence are dashed, the others are solid", () => {
  const points = [0, 10, 20, 90, 100].map((x) => ({ x, y: 0, isAfterSilence: x === 90 }));
  const drawn: string[] = [];
  const pen = {
    setLineDash: (dashes: number[]) => drawn.push(dashes.length > 0 ? "dashed" : "solid"),
    beginPath: () => undefined,
    moveTo: (x: number) => drawn.push(`from ${x}`),
    lineTo: (x: number) => drawn.push(`to ${x}`),
    stroke: () => undefined,
  } as unknown as CanvasRenderingContext2D;
  paintSteps(pen, points, false);
  expect(drawn.splice(0)).toEqual([
    "solid",
    "to 0",
    "to 10",
    "to 20",
    "from 90",
    "to 100",
    "solid",
  ]);
  paintSteps(pen, points, true);
  expect(drawn.slice(0, 5)).toEqual(["dashed", "from 0", "from 10", "from 20", "to 90"]);
});
