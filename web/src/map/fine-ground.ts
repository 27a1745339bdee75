/** Converts the packed ground of the closer zoom levels to GeoJSON. */

import type { Feature, Position } from "geojson";
import { collection, type Geography, toFeature } from "./geography.ts";
import { type Lines, readGround } from "./packed-ground.ts";

/** Where polygons are cut: their edges there are no coast. */
const ANTIMERIDIAN = 180;
const POLE = -89.9;

/** Returns the geography with the ground at 1:10 million; rivers and names stay as they are. */
export function refineGeography(geography: Geography, packed: Uint8Array): Geography {
  const { land, lakes, borders, states, runways } = readGround(packed);
  return {
    ...geography,
    land: collection(land.map(polygon)),
    lakes: collection(lakes.map(polygon)),
    borders: collection(borders.map(multiLine)),
    states: collection(states.map(multiLine)),
    coasts: collection(land.map((rings) => multiLine(rings.flatMap(coastsOf)))),
    runways: collection(runways.map(multiLine)),
  };
}

function polygon(coordinates: Lines): Feature {
  return toFeature({ type: "Polygon", coordinates });
}

function multiLine(coordinates: Lines): Feature {
  return toFeature({ type: "MultiLineString", coordinates });
}

/** Returns the parts of a ring that are coast. */
function coastsOf(ring: readonly Position[]): Lines {
  const coasts: Lines = [];
  let coast: Position[] = [];
  for (const point of ring) {
    const before = coast.at(-1);
    if (before !== undefined && isCut(before, point)) {
      coasts.push(coast);
      coast = [];
    }
    coast.push(point);
  }
  return [...coasts, coast].filter(({ length }) => length > 1);
}

function isCut([x0 = 0, y0 = 0]: Position, [x1 = 0, y1 = 0]: Position): boolean {
  const isAlongAntimeridian = Math.abs(x0) >= ANTIMERIDIAN && x0 === x1;
  return isAlongAntimeridian || (y0 <= POLE && y1 <= POLE);
}
