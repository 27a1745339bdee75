/** Areas of the globe as the stream's `bbox` writes them; west of more than east crosses ±180°. */

export interface Area {
  west: number;
  south: number;
  east: number;
  north: number;
}

export type Corner = readonly [longitude: number, latitude: number];

/** About ten metres: finer than anybody draws. */
const DIGITS = 4;

/** Reads `west,south,east,north`; null where the stream would refuse it. */
export function parseArea(text: string): Area | null {
  const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = parts;
  const isArea = Math.abs(west) <= 180 && Math.abs(east) <= 180 && -90 <= south && north <= 90;
  return parts.length === 4 && isArea && south <= north ? { west, south, east, north } : null;
}

export function writeArea({ west, south, east, north }: Area): string {
  return [west, south, east, north].map((degrees) => Number(degrees.toFixed(DIGITS))).join();
}

/** Gives the area between two opposite corners, whose longitudes may have left ±180°. */
export function areaBetween(one: Corner, other: Corner): Area {
  const [west, east] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])];
  const [south, north] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])];
  const latitudes = { south: Math.max(south, -90), north: Math.min(north, 90) };
  if (east - west >= 360) {
    return { west: -180, east: 180, ...latitudes };
  }
  return { west: wrap(west, -180), east: wrap(east, 180), ...latitudes };
}

/** Gives the corners in turn, the longitudes continuous and the middle as near to a meridian as can be. */
export function ringOf({ west, south, east, north }: Area, near: number): Corner[] {
  const right = east < west ? east + 360 : east;
  const shift = 360 * Math.round((near - (west + right) / 2) / 360);
  return [
    [west + shift, south],
    [right + shift, south],
    [right + shift, north],
    [west + shift, north],
  ];
}

/** Gives the same meridian within ±180°; that of ±180° itself by the name that is preferred. */
function wrap(longitude: number, antimeridian: 180 | -180): number {
  const turned = longitude - 360 * Math.round(longitude / 360);
  return Number(Math.abs(turned).toFixed(DIGITS)) === 180 ? antimeridian : turned;
}
