/** The bounding box of a flight, to which the map is fitted. */

import type { Flight } from "../history/responses.ts";
import type { Track } from "../history/track.ts";
import { longitudeNear } from "./antimeridian.ts";

/** Degrees. Across the antimeridian the east is greater than 180. */
export type Extent = [west: number, south: number, east: number, north: number];

/** Returns the extent of a track's plausible positions; null if there are none. */
export function extentOfTrack(track: Track): Extent | null {
  const [longitudes, latitudes]: [number[], number[]] = [[], []];
  for (let index = 0; index < track.length; index++) {
    const { longitude, latitude } = track.fixAt(index);
    if (track.hasPosition(index) && !track.isPositionImplausible(index)) {
      longitudes.push(longitudeNear(longitude, longitudes.at(-1) ?? longitude));
      latitudes.push(latitude);
    }
  }
  const [west, east] = rangeOf(longitudes);
  const [south, north] = rangeOf(latitudes);
  return longitudes.length === 0 ? null : [west, south, east, north];
}

function rangeOf(values: readonly number[]): [least: number, greatest: number] {
  return values.reduce(
    ([least, greatest], value) => [Math.min(least, value), Math.max(greatest, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** Returns the extent that the server sent for a flight; null if it is hidden from this user. */
export function extentOfFlight({ west, south, east, north }: Flight): Extent | null {
  if (west === null || south === null || east === null || north === null) {
    return null;
  }
  // RFC 7946, 5.2: across the antimeridian the west is greater than the east.
  return [west, south, east < west ? east + 360 : east, north];
}
