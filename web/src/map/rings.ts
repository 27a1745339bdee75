/** Circles on the globe around a place, as lines for a map. */

import { unwrapLine } from "./antimeridian.ts";
import type { Corner } from "./area.ts";

/** The Earth's mean radius in kilometres (IUGG). */
const RADIUS_KM = 6_371.0088;
/** The corners of a circle: at 400 pixels of radius they lie a fifth of a pixel off. */
const CORNERS = 96;

/** Returns the place at a distance and a direction (degrees clockwise from north). */
export function placeAt(
  [longitude, latitude]: Corner,
  kilometres: number,
  bearing: number,
): Corner {
  const [north, angle, course] = [radians(latitude), kilometres / RADIUS_KM, radians(bearing)];
  const sine =
    Math.sin(north) * Math.cos(angle) + Math.cos(north) * Math.sin(angle) * Math.cos(course);
  const east = Math.atan2(
    Math.sin(course) * Math.sin(angle) * Math.cos(north),
    Math.cos(angle) - Math.sin(north) * sine,
  );
  return [longitude + degrees(east), degrees(Math.asin(Math.min(Math.max(sine, -1), 1)))];
}

/**
 * Returns a circle around a place, from north over east to north again. Its longitudes do not jump, so they
 * may lie beyond ±180; of a circle around a pole the ends are 360 degrees apart.
 */
export function circleAround(center: Corner, kilometres: number): Corner[] {
  const corners = Array.from({ length: CORNERS + 1 }, (_, index) => [
    ...placeAt(center, kilometres, (360 * index) / CORNERS),
  ]);
  return unwrapLine(corners)
    .slice(0, CORNERS + 1)
    .map(([longitude = 0, latitude = 0]): Corner => [longitude, latitude]);
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180;
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}
