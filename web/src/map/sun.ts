/** Where the sun is overhead, and where it is night. */

import type { Position } from "geojson";
import type { Point } from "./dead-reckoning.ts";

/** 2000-01-01T12:00:00Z, from which the almanac counts days. */
const J2000_S = 946_728_000;
const DAY_S = 86_400;
const STEP_DEGREES = 3;

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const degrees = (angle: number) => (angle * 180) / Math.PI;

/**
 * Returns the place where the sun is overhead, in degrees; the longitude is within ±180.
 *
 * The low-precision formulas of the Astronomical Almanac (page C5): 0.01 degrees until 2050.
 */
export function sunAt(unixSeconds: number): Point {
  const days = (unixSeconds - J2000_S) / DAY_S;
  const anomaly = radians(357.528 + 0.9856003 * days);
  const mean = 280.46 + 0.9856474 * days;
  const ecliptic = radians(mean + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly));
  const tilt = radians(23.439 - 0.0000004 * days);
  const declination = Math.asin(Math.sin(tilt) * Math.sin(ecliptic));
  const ascension = Math.atan2(Math.cos(tilt) * Math.sin(ecliptic), Math.cos(ecliptic));
  const sidereal = 280.46062 + 360.98564737 * days;
  return [wrapped(degrees(ascension) - sidereal), degrees(declination)];
}

/** Returns the altitude of the sun above the horizon in degrees; below it is negative. */
export function sunAltitude([longitude, latitude]: Point, unixSeconds: number): number {
  const [sunLongitude, declination] = sunAt(unixSeconds).map(radians) as Point;
  const north = radians(latitude);
  const hour = radians(longitude) - sunLongitude;
  return degrees(
    Math.asin(
      Math.sin(north) * Math.sin(declination) +
        Math.cos(north) * Math.cos(declination) * Math.cos(hour),
    ),
  );
}

/**
 * Returns the ring around all places where the sun is deeper below the horizon than `depression`
 * degrees. Its longitudes are continuous; one that contains a pole is closed along the pole.
 */
export function nightRing(unixSeconds: number, depression: number): Position[] {
  const ring = nightEdge(unixSeconds, depression);
  const [first, last] = [ring[0]?.[0] ?? 0, ring.at(-1)?.[0] ?? 0];
  if (Math.abs(last - first) > 180) {
    const pole = sunAt(unixSeconds)[1] > 0 ? -90 : 90;
    ring.push([last, pole], [first, pole]);
  }
  return [...ring, ring[0] as Position];
}

/** Returns the line of all places where the sun is `depression` degrees below the horizon. */
export function nightEdge(unixSeconds: number, depression: number): Position[] {
  const [sunLongitude, declination] = sunAt(unixSeconds);
  const middle: Point = [wrapped(sunLongitude + 180), -declination];
  const edge: Position[] = [];
  let longitude = middle[0];
  for (let bearing = 0; bearing <= 360; bearing += STEP_DEGREES) {
    const [east, north] = placeFrom(middle, bearing, 90 - depression);
    longitude += wrapped(east - longitude);
    edge.push([longitude, north]);
  }
  return edge;
}

/** Returns the place at a bearing and a distance, all in degrees. */
function placeFrom([longitude, latitude]: Point, bearing: number, distance: number): Point {
  const [north, angle, reach] = [radians(latitude), radians(bearing), radians(distance)];
  const sine =
    Math.sin(north) * Math.cos(reach) + Math.cos(north) * Math.sin(reach) * Math.cos(angle);
  const east = Math.atan2(
    Math.sin(angle) * Math.sin(reach) * Math.cos(north),
    Math.cos(reach) - Math.sin(north) * sine,
  );
  return [longitude + degrees(east), degrees(Math.asin(Math.min(Math.max(sine, -1), 1)))];
}

function wrapped(longitude: number): number {
  return longitude - 360 * Math.round(longitude / 360);
}
