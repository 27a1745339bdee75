/** Longitudes across the antimeridian, made continuous: results may lie beyond ±180 degrees. */

import type { Position } from "geojson";

/** Returns the longitude of the same meridian that is at most 180 degrees from `reference`. */
export function longitudeNear(longitude: number, reference: number): number {
  return longitude + 360 * Math.round((reference - longitude) / 360);
}

/** Returns a line whose longitudes do not jump; a ring around a pole is closed along the pole. */
export function unwrapLine(line: readonly Position[]): Position[] {
  let offset = 0;
  let previous = line[0]?.[0] ?? 0;
  const points = line.map(([longitude = 0, latitude = 0]): Position => {
    if (longitude - previous > 180) {
      offset -= 360;
    } else if (longitude - previous < -180) {
      offset += 360;
    }
    previous = longitude;
    return [longitude + offset, latitude];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first && last && Math.abs((last[0] ?? 0) - (first[0] ?? 0)) === 360) {
    const pole = (first[1] ?? 0) < 0 ? -90 : 90;
    points.push([last[0] ?? 0, pole], [first[0] ?? 0, pole], first);
  }
  return points;
}
