/** Finds the airport whose mark or name is under the pointer. */

import type { Map as MapLibre, PointLike } from "maplibre-gl";
import { PLACES } from "./places-style.ts";

/** The distance from the pointer within which a mark is hit. */
const RADIUS_PX = 6;

/** Returns the airport's code; null if there is none. */
export function airportAt(map: MapLibre, { x, y }: { x: number; y: number }): string | null {
  if (map.getLayer(PLACES) === undefined) {
    return null;
  }
  const box: [PointLike, PointLike] = [
    [x - RADIUS_PX, y - RADIUS_PX],
    [x + RADIUS_PX, y + RADIUS_PX],
  ];
  const found = map.queryRenderedFeatures(box, { layers: [PLACES] });
  const airport = found.find(({ properties }) => properties.kind === "airport");
  return (airport?.properties.icao as string | undefined) ?? null;
}
