/** The packaged geography as GeoJSON: Natural Earth's land, waters, borders and names. */

import type { Feature, FeatureCollection, Geometry, MultiLineString, Position } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import { unwrap } from "./unwrap.ts";

type Label = [name: string, longitude: number, latitude: number, rank: number];

/** What the build has packaged. */
export interface Packaged {
  land: Topology;
  waters: Topology;
  countries: Label[];
  cities: Label[];
}

/** What there is of each, by the source of the map that has it: each source costs every frame. */
export const GEOGRAPHY = {
  areas: ["land", "lakes"],
  lines: ["rivers", "states", "borders", "coasts"],
  names: ["countries", "cities"],
} as const;

export type SourceName = keyof typeof GEOGRAPHY;
export type Kind = (typeof GEOGRAPHY)[SourceName][number];
export type Geography = Record<Kind, FeatureCollection>;

export const SOURCE_NAMES = Object.keys(GEOGRAPHY) as SourceName[];

/** Gives a source's features; `kind` among their properties says what each is. */
export function sourceOf(geography: Geography, name: SourceName): FeatureCollection {
  const features = GEOGRAPHY[name].flatMap((kind) =>
    geography[kind].features.map((one) => ({ ...one, properties: { ...one.properties, kind } })),
  );
  return { type: "FeatureCollection", features };
}

/** Takes a second of a slow machine: no work for the page's own thread. */
export function unpack({ land, waters, countries, cities }: Packaged): Geography {
  const all = land.objects.countries as GeometryObject;
  return {
    land: continuous(feature(land, all)),
    borders: lines(mesh(land, all, (one, other) => one !== other)),
    coasts: lines(mesh(land, all, (one, other) => one === other)),
    states: lines(mesh(waters, waters.objects.subunits as GeometryObject, (a, b) => a !== b)),
    lakes: continuous(feature(waters, waters.objects.lakes as GeometryObject)),
    rivers: lines(mesh(waters, waters.objects.rivers as GeometryObject)),
    countries: points(countries),
    cities: points(cities),
  };
}

function continuous(given: Feature | FeatureCollection): FeatureCollection {
  const features = given.type === "FeatureCollection" ? given.features : [given];
  for (const { geometry } of features) {
    if (geometry.type === "Polygon") {
      geometry.coordinates = geometry.coordinates.map(unwrap);
    } else if (geometry.type === "MultiPolygon") {
      geometry.coordinates = geometry.coordinates.map((rings) => rings.map(unwrap));
    }
  }
  return { type: "FeatureCollection", features };
}

function lines(geometry: MultiLineString): FeatureCollection {
  const opened = wrap({ ...geometry, coordinates: geometry.coordinates.map(open) });
  return { type: "FeatureCollection", features: [opened] };
}

/** A coast that goes around a pole has no line along it. */
function open(line: Position[]): Position[] {
  return unwrap(line).slice(0, line.length);
}

function points(labels: Label[]): FeatureCollection {
  const features = labels.map(([name, longitude, latitude, rank]) => ({
    ...wrap({ type: "Point", coordinates: [longitude, latitude] }),
    properties: { name, rank },
  }));
  return { type: "FeatureCollection", features };
}

function wrap(geometry: Geometry): Feature {
  return { type: "Feature", properties: null, geometry };
}
