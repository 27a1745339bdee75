/** Bounds on how far an aircraft can fly and climb between two observations. */

/**
 * The greatest plausible ground speed in m/s: 1,300 km/h. The fastest known airliner reached 1,290 km/h
 * in a jet stream of 420 km/h (Washington to London, 17 February 2024). The server has the same bounds:
 * docs/history.md.
 */
export const FASTEST_M_S = 1_300 / 3.6;
/** The greatest plausible vertical speed in m/s: twice an emergency descent. */
export const FASTEST_CLIMB_M_S = 100;
/** The greatest plausible altitude in metres; above are balloons and errors: an ER-2 flies at 21,300 m. */
export const HIGHEST_M = 21_500;
/** Steps below this many seconds count one second more, because times are rounded to whole seconds. */
const SHORT_S = 60;
/** The Earth's mean radius in metres (IUGG). */
const RADIUS_M = 6_371_008.8;

/** Degrees. */
export interface Place {
  longitude: number;
  latitude: number;
}

export interface Fix extends Place {
  /** Unix seconds, OpenSky's time_position. */
  time: number;
}

export interface Level {
  /** Unix seconds. */
  time: number;
  /** Metres. */
  altitude: number;
}

/** Returns the distance on a sphere; it works across the antimeridian too. */
export function metresBetween(one: Place, other: Place): number {
  const [south, north] = [radians(one.latitude), radians(other.latitude)];
  const upwards = Math.sin((north - south) / 2) ** 2;
  const sideways = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const part = upwards + Math.cos(south) * Math.cos(north) * sideways;
  return 2 * RADIUS_M * Math.asin(Math.min(Math.sqrt(part), 1));
}

/** Whether an aircraft can have flown from one position to the other. */
export function isStepPlausible(from: Fix, to: Fix): boolean {
  return metresBetween(from, to) <= FASTEST_M_S * secondsBetween(from, to);
}

/** Whether an aircraft can have this ground speed in m/s; NaN, which was not received, counts as plausible. */
export function isSpeedPlausible(velocity: number): boolean {
  return !(velocity > FASTEST_M_S);
}

/** Whether an aircraft can have climbed or descended from one altitude to the other. */
export function isClimbPlausible(from: Level, to: Level): boolean {
  const metres = Math.abs(to.altitude - from.altitude);
  return metres <= FASTEST_CLIMB_M_S * secondsBetween(from, to);
}

function secondsBetween(from: { time: number }, to: { time: number }): number {
  const seconds = Math.max(to.time - from.time, 0);
  return seconds < SHORT_S ? seconds + 1 : seconds;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
