/** Rings and lines over the antimeridian, made continuous: longitudes may leave ±180. */

import type { Position } from "geojson";

/** Moves every point next to the one before; a ring around a pole is led along that pole. */
export function unwrap(line: readonly Position[]): Position[] {
  let turns = 0;
  let before = line[0]?.[0] ?? 0;
  const points = line.map(([longitude = 0, latitude = 0]): Position => {
    if (longitude - before > 180) {
      turns -= 360;
    } else if (longitude - before < -180) {
      turns += 360;
    }
    before = longitude;
    return [longitude + turns, latitude];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (first && last && Math.abs((last[0] ?? 0) - (first[0] ?? 0)) === 360) {
    const pole = (first[1] ?? 0) < 0 ? -90 : 90;
    points.push([last[0] ?? 0, pole], [first[0] ?? 0, pole], first);
  }
  return points;
}
