/** Reads a GeoJSON file of the user's: only geometries and a name of each feature are kept. */

import type { Feature, FeatureCollection, Geometry, Position } from "geojson";

/** A larger file is refused before it is read. */
export const MAX_BYTES = 5_000_000;
export const MAX_FEATURES = 20_000;
export const MAX_POSITIONS = 300_000;
const MAX_NAME = 80;
/** The depth to which collections of geometries may hold others. */
const MAX_DEPTH = 4;
const NAMES = ["name", "Name", "NAME", "title", "label", "id"] as const;

/** How deeply the positions of a geometry are nested: 0 is a position, 1 a list of them. */
const DEPTHS: Readonly<Record<string, number>> = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
};

/** The file cannot be shown; the message says why. */
export class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}

/**
 * Returns the features of a file's text.
 *
 * @throws UnusableFile if it is no GeoJSON, or larger than allowed.
 */
export function readGeojson(text: string): FeatureCollection {
  const reader = new Reader();
  const features = reader.features(parse(text));
  if (features.length === 0) {
    throw new UnusableFile("The file has no features with positions in degrees.");
  }
  return { type: "FeatureCollection", features };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableFile("The file is not JSON.");
  }
}

class Reader {
  private positions = 0;
  private count = 0;

  features(value: unknown): Feature[] {
    const { type, features } = asRecord(value);
    const found = type === "FeatureCollection" ? asList(features) : [value];
    return found.flatMap((one) => this.feature(asRecord(one)));
  }

  /** Returns a feature for each geometry; a bare geometry is a feature without a name. */
  private feature(value: Readonly<Record<string, unknown>>): Feature[] {
    const isFeature = value.type === "Feature";
    const name = isFeature ? nameOf(value) : "";
    const geometries = this.geometries(isFeature ? value.geometry : value, 0);
    return geometries.map((geometry) => {
      this.count += 1;
      if (this.count > MAX_FEATURES) {
        throw new UnusableFile(`The file has more than ${write(MAX_FEATURES)} features.`);
      }
      return { type: "Feature", properties: { name }, geometry };
    });
  }

  private geometries(value: unknown, depth: number): Geometry[] {
    const { type, geometries, coordinates } = asRecord(value);
    if (type === "GeometryCollection" && depth < MAX_DEPTH) {
      return asList(geometries).flatMap((one) => this.geometries(one, depth + 1));
    }
    const nesting = typeof type === "string" && Object.hasOwn(DEPTHS, type) ? DEPTHS[type] : null;
    const read = nesting == null ? null : this.coordinates(coordinates, nesting);
    return read === null ? [] : [{ type, coordinates: read } as Geometry];
  }

  /** Returns nested positions as they are; null if any of them is none. */
  private coordinates(value: unknown, nesting: number): unknown {
    if (nesting === 0) {
      return this.position(value);
    }
    const parts = asList(value).map((part) => this.coordinates(part, nesting - 1));
    return parts.length === 0 || parts.includes(null) ? null : parts;
  }

  private position(value: unknown): Position | null {
    const [longitude, latitude] = asList(value);
    this.positions += 1;
    if (this.positions > MAX_POSITIONS) {
      throw new UnusableFile(`The file has more than ${write(MAX_POSITIONS)} positions.`);
    }
    const isPlace = isWithin(longitude, 360) && isWithin(latitude, 90);
    return isPlace ? [longitude as number, latitude as number] : null;
  }
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === "number" && Math.abs(value) <= most;
}

/** Returns the first property that is a name, as one short line. */
function nameOf({ properties, id }: Readonly<Record<string, unknown>>): string {
  const known = { id, ...asRecord(properties) } as Readonly<Record<string, unknown>>;
  const values = NAMES.map((name) => known[name]);
  const name = values.find((value) => typeof value === "string" && value.trim() !== "");
  return String(name ?? "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, MAX_NAME);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function write(count: number): string {
  return count.toLocaleString("en");
}
