/** Unpacks the packaged geography to GeoJSON: Natural Earth's land, waters, borders and names. */

import type { Feature, FeatureCollection, Geometry, MultiLineString, Position } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import { unwrapLine } from "./antimeridian.ts";

type Label = [name: string, longitude: number, latitude: number, rank: number];

/** The content of geography.json, which geography/prepare.ts writes. */
export interface PackagedGeography {
  land: Topology;
  waters: Topology;
  countries: Label[];
  cities: Label[];
}

/** The kinds of features by the map's source: few sources, as each costs time in every frame. */
export const KINDS_BY_SOURCE = {
  ground: ["land", "lakes", "rivers", "states", "borders", "coasts", "runways"],
  countries: ["countries"],
  cities: ["cities"],
} as const;

export type SourceName = keyof typeof KINDS_BY_SOURCE;
export type Kind = (typeof KINDS_BY_SOURCE)[SourceName][number];
export type Geography = Record<Kind, FeatureCollection>;

export const SOURCE_NAMES = Object.keys(KINDS_BY_SOURCE) as SourceName[];

/** Returns the features of a source, each with its kind as the property `kind`. */
export function sourceFeatures(geography: Geography, name: SourceName): FeatureCollection {
  const features = KINDS_BY_SOURCE[name].flatMap((kind) =>
    geography[kind].features.map((one) => ({ ...one, properties: { ...one.properties, kind } })),
  );
  return { type: "FeatureCollection", features };
}

/** Converts topologies to features. It takes up to a second, so call it in a worker. */
export function unpackGeography({ land, waters, countries, cities }: PackagedGeography): Geography {
  const all = land.objects.countries as GeometryObject;
  return {
    land: unwrapPolygons(feature(land, all)),
    borders: lines(mesh(land, all, (one, other) => one !== other)),
    coasts: lines(mesh(land, all, (one, other) => one === other)),
    states: lines(mesh(waters, waters.objects.subunits as GeometryObject, (a, b) => a !== b)),
    lakes: unwrapPolygons(feature(waters, waters.objects.lakes as GeometryObject)),
    rivers: lines(mesh(waters, waters.objects.rivers as GeometryObject)),
    runways: collection([]),
    countries: points(countries),
    cities: points(cities),
  };
}

/** Returns polygons whose rings do not jump across the antimeridian. */
function unwrapPolygons(given: Feature | FeatureCollection): FeatureCollection {
  const features = given.type === "FeatureCollection" ? given.features : [given];
  for (const { geometry } of features) {
    if (geometry.type === "Polygon") {
      geometry.coordinates = geometry.coordinates.map(unwrapLine);
    } else if (geometry.type === "MultiPolygon") {
      geometry.coordinates = geometry.coordinates.map((rings) => rings.map(unwrapLine));
    }
  }
  return { type: "FeatureCollection", features };
}

function lines(geometry: MultiLineString): FeatureCollection {
  const coordinates = geometry.coordinates.map(unwrapCoast);
  return { type: "FeatureCollection", features: [toFeature({ ...geometry, coordinates })] };
}

/** Unwraps a line without the part along the pole that `unwrapLine` adds to a ring. */
function unwrapCoast(line: Position[]): Position[] {
  return unwrapLine(line).slice(0, line.length);
}

function points(labels: Label[]): FeatureCollection {
  const features = labels.map(([name, longitude, latitude, rank]) => ({
    ...toFeature({ type: "Point", coordinates: [longitude, latitude] }),
    properties: { name, rank },
  }));
  return { type: "FeatureCollection", features };
}

export function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

export function toFeature(geometry: Geometry): Feature {
  return { type: "Feature", properties: null, geometry };
}
