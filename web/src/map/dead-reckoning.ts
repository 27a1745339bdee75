/** Where aircraft are by now, from where they were, their speed and their track. */

import { FASTEST_M_S } from "../history/plausibility.ts";
import type { Fleet } from "../stream/fleet.ts";

/** Metres of a degree of latitude, of a sphere with the Earth's mean radius. */
export const DEGREE_M = 111_195;
/** Older positions glide no further: nobody knows what the aircraft has done since. */
export const LONGEST_GLIDE_S = 60;

export type Point = [longitude: number, latitude: number];

/** Gives for how many seconds a position that is so old is carried on. */
export function glideSeconds(age: number): number {
  return Math.min(Math.max(age, 0), LONGEST_GLIDE_S);
}

/** Says whether an aircraft is known to be moving, and where to; what is NaN is not known. */
export function isGliding(velocity: number, track: number, onGround: number): boolean {
  return onGround !== 1 && velocity > 0 && velocity <= FASTEST_M_S && track >= 0;
}

/**
 * Gives where a slot's aircraft is, as the aircraft layer draws it; null without a position.
 *
 * @param now Unix seconds of the server's clock; null is without gliding.
 */
export function positionOf(fleet: Fleet, slot: number, now: number | null): Point | null {
  const longitude = fleet.measure("longitude", slot);
  const latitude = fleet.measure("latitude", slot);
  if (Number.isNaN(longitude) || Number.isNaN(latitude)) {
    return null;
  }
  const velocity = fleet.measure("velocity", slot);
  const track = fleet.measure("true_track", slot);
  if (now === null || !isGliding(velocity, track, fleet.measure("on_ground", slot))) {
    return [longitude, latitude];
  }
  const degrees = (velocity * glideSeconds(now - fleet.measure("time_position", slot))) / DEGREE_M;
  const angle = (track * Math.PI) / 180;
  const stretch = Math.max(Math.cos((latitude * Math.PI) / 180), 0.01);
  return [longitude + (degrees * Math.sin(angle)) / stretch, latitude + degrees * Math.cos(angle)];
}
