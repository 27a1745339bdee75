/** Finds the aircraft under the pointer, and those that lie on top of each other. */

import type { Fleet } from "../stream/fleet.ts";
import { longitudeNear } from "./antimeridian.ts";
import {
  longitudeScale,
  MAX_GLIDE_DEGREES,
  METRES_PER_DEGREE,
  type Point,
  positionOf,
} from "./dead-reckoning.ts";

/**
 * Returns the slots of the aircraft within a distance of a point, the nearest first.
 *
 * One pass over the fleet, which extrapolates only positions that may be within the distance.
 *
 * @param now Unix seconds to extrapolate to; null compares positions as received.
 */
export function pickAll(
  fleet: Fleet,
  at: Point,
  withinMetres: number,
  now: number | null,
): number[] {
  const [longitude, latitude] = at;
  const reach = withinMetres / METRES_PER_DEGREE;
  const scale = longitudeScale(latitude);
  const latitudes = fleet.column("latitude");
  const found: { slot: number; distance: number }[] = [];
  for (let slot = 0; slot < fleet.end; slot++) {
    const difference = Math.abs((latitudes[slot] as number) - latitude);
    // Negated, so that it skips NaN (no position) too.
    if (!(difference <= reach + MAX_GLIDE_DEGREES)) {
      continue;
    }
    const [east, north] = positionOf(fleet, slot, now) as Point;
    const distance = Math.hypot(
      (longitudeNear(east, longitude) - longitude) * scale,
      north - latitude,
    );
    if (distance <= reach) {
      found.push({ slot, distance });
    }
  }
  found.sort((one, other) => one.distance - other.distance);
  return found.map(({ slot }) => slot);
}

/** Returns the slot of the aircraft nearest to a point; null if none is within the distance. */
export function pick(
  fleet: Fleet,
  at: Point,
  withinMetres: number,
  now: number | null,
): number | null {
  return pickAll(fleet, at, withinMetres, now)[0] ?? null;
}
