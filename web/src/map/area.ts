/** Areas of the globe in the form of the stream's `bbox` parameter. */

import { longitudeNear } from "./antimeridian.ts";

/** Degrees. An area whose west is greater than its east crosses the antimeridian. */
export interface Area {
  west: number;
  south: number;
  east: number;
  north: number;
}

export type Corner = readonly [longitude: number, latitude: number];

/** Decimals of a degree: about ten metres, finer than a pointer draws. */
const DECIMALS = 4;

/** Parses `west,south,east,north`; null if the stream would refuse it. */
export function parseArea(text: string): Area | null {
  const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = parts;
  const isArea = Math.abs(west) <= 180 && Math.abs(east) <= 180 && -90 <= south && north <= 90;
  return parts.length === 4 && isArea && south <= north ? { west, south, east, north } : null;
}

export function writeArea({ west, south, east, north }: Area): string {
  return [west, south, east, north].map((degrees) => Number(degrees.toFixed(DECIMALS))).join();
}

/** Returns the area between two opposite corners, whose longitudes may lie beyond ±180. */
export function areaBetween(one: Corner, other: Corner): Area {
  const [west, east] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])];
  const [south, north] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])];
  const latitudes = { south: Math.max(south, -90), north: Math.min(north, 90) };
  if (east - west >= 360) {
    return { west: -180, east: 180, ...latitudes };
  }
  return { west: wrap(west, -180), east: wrap(east, 180), ...latitudes };
}

/** Returns the corners as a ring with continuous longitudes, centred near the longitude `near`. */
export function ringOf({ west, south, east, north }: Area, near: number): Corner[] {
  const right = east < west ? east + 360 : east;
  const shift = 360 * Math.round((near - (west + right) / 2) / 360);
  return [
    [west + shift, south],
    [right + shift, south],
    [right + shift, north],
    [west + shift, north],
  ];
}

/** Returns a longitude within ±180; the antimeridian is written as the caller prefers. */
function wrap(longitude: number, antimeridian: 180 | -180): number {
  const wrapped = longitudeNear(longitude, 0);
  return Number(Math.abs(wrapped).toFixed(DECIMALS)) === 180 ? antimeridian : wrapped;
}
