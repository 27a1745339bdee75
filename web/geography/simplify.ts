/** Leaves out the points of a line that lie nearly on it (Douglas and Peucker). */

import type { Position } from "geojson";
import type { Line } from "../src/map/packed-ground.ts";

/** @param tolerance How far a point may lie from the simplified line, in degrees of latitude. */
export function simplify(line: Line, tolerance: number): Line {
  const isKept = new Uint8Array(line.length);
  isKept[0] = 1;
  isKept[line.length - 1] = 1;
  const parts: [first: number, last: number][] = [[0, line.length - 1]];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [first, last] = part;
    const farthest = farthestFrom(line, first, last, tolerance);
    if (farthest !== null) {
      isKept[farthest] = 1;
      parts.push([first, farthest], [farthest, last]);
    }
  }
  return line.filter((_, index) => isKept[index] === 1);
}

/** Returns the index of the point that lies farthest from a chord; null if all are within the tolerance. */
function farthestFrom(line: Line, first: number, last: number, tolerance: number): number | null {
  let farthest: number | null = null;
  let greatest = tolerance;
  for (let index = first + 1; index < last; index++) {
    const apart = distance(line[index] ?? [], line[first] ?? [], line[last] ?? []);
    if (apart > greatest) {
      greatest = apart;
      farthest = index;
    }
  }
  return farthest;
}

/** Returns the distance of a point from a chord in degrees of latitude. */
function distance([x = 0, y = 0]: Position, from: Position, to: Position): number {
  const [fromX = 0, fromY = 0] = from;
  const scale = Math.cos((fromY * Math.PI) / 180);
  const [east, north] = [((to[0] ?? 0) - fromX) * scale, (to[1] ?? 0) - fromY];
  const [pointEast, pointNorth] = [(x - fromX) * scale, y - fromY];
  const length = east * east + north * north;
  const along = length === 0 ? 0 : (pointEast * east + pointNorth * north) / length;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(pointEast - part * east, pointNorth - part * north);
}
