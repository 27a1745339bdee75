/** Which aircraft is under the pointer. */

import type { Fleet } from "../stream/fleet.ts";
import { DEGREE_M, type Point, positionOf } from "./dead-reckoning.ts";
import { nearestTurn } from "./turn.ts";

/** How far an aircraft can have glided, as degrees of latitude, with some to spare. */
const LONGEST_GLIDE_DEGREES = 0.4;

/**
 * Gives the slot of the aircraft that is nearest to a point; null if none is near enough.
 *
 * One pass over the fleet, which computes positions only of those that may be near.
 *
 * @param now Unix seconds of the server's clock; null is without gliding.
 */
export function pick(
  fleet: Fleet,
  at: Point,
  withinMetres: number,
  now: number | null,
): number | null {
  const [longitude, latitude] = at;
  const reach = withinMetres / DEGREE_M;
  const stretch = Math.max(Math.cos((latitude * Math.PI) / 180), 0.01);
  const latitudes = fleet.column("latitude");
  let [nearest, shortest]: [number | null, number] = [null, reach];
  for (let slot = 0; slot < fleet.end; slot++) {
    const apart = Math.abs((latitudes[slot] as number) - latitude);
    // Written so that NaN, no position, is passed over too.
    if (!(apart <= reach + LONGEST_GLIDE_DEGREES)) {
      continue;
    }
    const [east, north] = positionOf(fleet, slot, now) as Point;
    const distance = Math.hypot(
      (nearestTurn(east, longitude) - longitude) * stretch,
      north - latitude,
    );
    if (distance <= shortest) {
      [nearest, shortest] = [slot, distance];
    }
  }
  return nearest;
}
