/** Dead reckoning: extrapolates the position of an aircraft along its track at its speed. */

import { FASTEST_M_S } from "../history/plausibility.ts";
import type { Fleet } from "../stream/fleet.ts";

/** Length of a degree of latitude on a sphere with the Earth's mean radius. */
export const METRES_PER_DEGREE = 111_195;
/** Positions are extrapolated for this long: afterwards the aircraft may have turned. */
export const MAX_GLIDE_S = 60;

/** Degrees of latitude by which a position can be extrapolated at most, with a margin. */
export const MAX_GLIDE_DEGREES = 0.4;

/** Degrees. */
export type Point = [longitude: number, latitude: number];

/** Returns for how many seconds a position of this age in seconds is extrapolated. */
function glideSeconds(age: number): number {
  return Math.min(Math.max(age, 0), MAX_GLIDE_S);
}

/** Returns whether an aircraft flies with a known and plausible speed and track; NaN is unknown. */
export function canGlide(velocity: number, track: number, onGround: number): boolean {
  return onGround !== 1 && velocity > 0 && velocity <= FASTEST_M_S && track >= 0;
}

/** Returns the length of a degree of longitude as a fraction of one of latitude, not 0 at a pole. */
export function longitudeScale(latitude: number): number {
  return Math.max(Math.cos((latitude * Math.PI) / 180), 0.01);
}

/**
 * Returns where the aircraft of a slot is drawn; null if it has no position.
 *
 * @param now Unix seconds to extrapolate to; null returns the position as received.
 */
export function positionOf(fleet: Fleet, slot: number, now: number | null): Point | null {
  const longitude = fleet.measure("longitude", slot);
  const latitude = fleet.measure("latitude", slot);
  if (Number.isNaN(longitude) || Number.isNaN(latitude)) {
    return null;
  }
  const velocity = fleet.measure("velocity", slot);
  const track = fleet.measure("true_track", slot);
  if (now === null || !canGlide(velocity, track, fleet.measure("on_ground", slot))) {
    return [longitude, latitude];
  }
  const degrees =
    (velocity * glideSeconds(now - fleet.measure("time_position", slot))) / METRES_PER_DEGREE;
  const angle = (track * Math.PI) / 180;
  const east = (degrees * Math.sin(angle)) / longitudeScale(latitude);
  return [longitude + east, latitude + degrees * Math.cos(angle)];
}
