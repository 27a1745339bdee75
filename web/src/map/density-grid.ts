/** Counts aircraft in the cells of a grid, and converts cells to areas of the map. */

import type { Feature, FeatureCollection } from "geojson";
import type { Fleet } from "../stream/fleet.ts";

/** Western and southern edge in degrees, and how much traffic there is. */
export type Cell = readonly [west: number, south: number, count: number];

export interface Grid {
  /** The side of a cell in degrees. */
  cell: number;
  cells: readonly Cell[];
}

/** From this zoom level on the aircraft themselves are drawn. */
export const AIRCRAFT_ZOOM = 5;
/** The side of a cell in degrees below each zoom level: 10 to 25 pixels at the equator. */
const SIDES: readonly [below: number, cell: number][] = [
  [2.4, 3],
  [3.4, 1.5],
  [4.4, 0.75],
  [Number.POSITIVE_INFINITY, 0.5],
];

/** Returns the side of a cell in degrees for a zoom level. */
export function cellOf(zoom: number): number {
  return SIDES.find(([below]) => zoom < below)?.[1] ?? 1;
}

/** Counts the aircraft of the fleet that have a position. */
export function countCells(fleet: Fleet, cell: number): Grid {
  const [longitudes, latitudes] = [fleet.column("longitude"), fleet.column("latitude")];
  const columns = 360 / cell;
  const counts = new Map<number, number>();
  for (let slot = 0; slot < fleet.end; slot++) {
    const [longitude, latitude] = [longitudes[slot] as number, latitudes[slot] as number];
    if (fleet.icao24[slot] == null || Number.isNaN(longitude + latitude)) {
      continue;
    }
    const column = Math.min(Math.floor((longitude + 180) / cell), columns - 1);
    const row = Math.min(Math.floor((latitude + 90) / cell), 180 / cell - 1);
    const key = row * columns + column;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const cells = [...counts].map(([key, count]): Cell => {
    const column = key % columns;
    return [column * cell - 180, ((key - column) / columns) * cell - 90, count];
  });
  return { cell, cells };
}

/** Returns the greatest count of a cell; 0 if there are none. */
export function greatest({ cells }: Grid): number {
  return cells.reduce((most, [, , count]) => Math.max(most, count), 0);
}

/** Returns a square for each cell; its `share` is 0 to 1 by the logarithm of its count. */
export function areasOf(grid: Grid): FeatureCollection {
  const most = Math.log(greatest(grid) + 1);
  const features = grid.cells.map(([west, south, count]): Feature => {
    const [east, north] = [west + grid.cell, south + grid.cell];
    const ring = [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ];
    return {
      type: "Feature",
      properties: { share: Math.log(count + 1) / most },
      geometry: { type: "Polygon", coordinates: [ring] },
    };
  });
  return { type: "FeatureCollection", features };
}
