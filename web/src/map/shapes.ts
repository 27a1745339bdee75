/** Chooses the shape of an aircraft: by its type, else by its category. */

import { OUTLINES, SHAPES, type Shape } from "./shape-outlines.ts";
import { shapeOfType } from "./shape-types.ts";

/** The shape of each OpenSky `category`, 0 to 20: https://openskynetwork.github.io/opensky-api/rest.html. */
const BY_CATEGORY: readonly Shape[] = [
  "unknown", // no information at all
  "unknown", // no information about the category
  "light-single", // light: below 15,500 pounds
  "business-jet", // small: below 75,000 pounds
  "narrow-body", // large: below 300,000 pounds
  "narrow-body", // high vortex large, as a Boeing 757
  "wide-body", // heavy
  "fast-jet", // high performance
  "helicopter-light",
  "glider",
  "balloon", // lighter than air
  "parachutist",
  "ultralight", // ultralight, hang-glider, paraglider
  "unknown", // reserved
  "drone",
  "rocket", // space vehicle
  "emergency-vehicle",
  "service-vehicle",
  "obstacle", // point obstacle
  "obstacle-line", // cluster obstacle
  "obstacle-line",
];

const UNKNOWN = SHAPES.indexOf("unknown");
const INDEX_BY_CATEGORY = BY_CATEGORY.map((shape) => SHAPES.indexOf(shape));
/** Types are looked up once; few thousand exist, and further ones are not kept. */
const INDEX_BY_TYPE = new Map<string, number>();
const MAX_KNOWN_TYPES = 4_096;

/**
 * Returns the index in SHAPES of an aircraft.
 *
 * @param type Its ICAO type designator; null if that is not known.
 * @param category Its category; NaN is a category that was not received.
 */
export function shapeIndex(type: string | null, category: number): number {
  const byType = type === null ? -1 : indexOfType(type);
  return byType >= 0 ? byType : (INDEX_BY_CATEGORY[category] ?? UNKNOWN);
}

/** Returns the index in SHAPES of a type; -1 if its shape is not known. */
function indexOfType(type: string): number {
  const known = INDEX_BY_TYPE.get(type);
  if (known !== undefined) {
    return known;
  }
  const shape = shapeOfType(type);
  const index = shape === null ? -1 : SHAPES.indexOf(shape);
  if (INDEX_BY_TYPE.size < MAX_KNOWN_TYPES) {
    INDEX_BY_TYPE.set(type, index);
  }
  return index;
}

/** The size of each shape, compared with that of an aircraft of the medium wake class. */
export const SHAPE_SIZES = SHAPES.map((shape) => OUTLINES[shape].size);
