/** How far an aircraft can have flown, and climbed, between two observations. */

/**
 * Metres a second over the ground: 1,300 km/h. No airliner is known to have been faster than 1,290 km/h,
 * with a jet stream of 420 km/h (Washington to London, 17 February 2024). The server has the same
 * bounds: docs/history.md.
 */
export const FASTEST_M_S = 1_300 / 3.6;
/** Metres a second up or down: twice an emergency descent. */
export const FASTEST_CLIMB_M_S = 100;
/** Metres; higher are balloons and errors only: an ER-2 flies at 21,300 m. */
export const HIGHEST_M = 21_500;
/** Seconds: times are whole ones, so a short step may be one longer than it seems. */
const SHORT_S = 60;
/** Metres: the Earth's mean radius (IUGG). */
const RADIUS_M = 6_371_008.8;

export interface Fix {
  /** Unix seconds, OpenSky's time_position. */
  time: number;
  longitude: number;
  latitude: number;
}

export interface Level {
  /** Unix seconds. */
  time: number;
  /** Metres. */
  altitude: number;
}

/** Gives the distance on a sphere; also over the antimeridian. */
export function metresBetween(one: Fix, other: Fix): number {
  const [south, north] = [radians(one.latitude), radians(other.latitude)];
  const upwards = Math.sin((north - south) / 2) ** 2;
  const sideways = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const part = upwards + Math.cos(south) * Math.cos(north) * sideways;
  return 2 * RADIUS_M * Math.asin(Math.min(Math.sqrt(part), 1));
}

/** Says whether an aircraft can have flown from one position to the other. */
export function isStepPlausible(from: Fix, to: Fix): boolean {
  return metresBetween(from, to) <= FASTEST_M_S * secondsBetween(from, to);
}

/** Says whether an aircraft can be so fast, in m/s; also of what was not received. */
export function isSpeedPlausible(velocity: number): boolean {
  return !(velocity > FASTEST_M_S);
}

/** Says whether an aircraft can have climbed or sunk from one altitude to the other. */
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
