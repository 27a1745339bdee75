/** Distances and bearings along a path of places on the globe. */

import { metresBetween } from "../history/plausibility.ts";
import type { Point } from "./dead-reckoning.ts";

/** The most places of a path. */
export const MAX_PLACES = 100;

/** One step of a path. */
export interface Leg {
  from: Point;
  to: Point;
  /** Along the great circle. */
  kilometres: number;
  /** Degrees clockwise from north at which the great circle leaves `from`. */
  bearing: number;
}

export function legsOf(places: readonly Point[]): Leg[] {
  return places.slice(1).map((to, index) => {
    const from = places[index] as Point;
    return { from, to, kilometres: kilometresBetween(from, to), bearing: bearingBetween(from, to) };
  });
}

export function kilometresOf(legs: readonly Leg[]): number {
  return legs.reduce((sum, { kilometres }) => sum + kilometres, 0);
}

function kilometresBetween(from: Point, to: Point): number {
  return metresBetween(fixOf(from), fixOf(to)) / 1_000;
}

const fixOf = ([longitude, latitude]: Point) => ({ time: 0, longitude, latitude });

/** Returns the initial bearing of the great circle, from 0 to below 360 degrees. */
export function bearingBetween(from: Point, to: Point): number {
  const [[west, south], [east, north]] = [from.map(radians), to.map(radians)] as [Point, Point];
  const angle = Math.atan2(
    Math.sin(east - west) * Math.cos(north),
    Math.cos(south) * Math.sin(north) - Math.sin(south) * Math.cos(north) * Math.cos(east - west),
  );
  return ((angle * 180) / Math.PI + 360) % 360;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
