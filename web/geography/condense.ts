/**
 * Writes the files of this folder that are kept with the sources: the ground of the closer zoom levels and
 * what the map must know of airports. Only a newer edition of the data needs it:
 * `node geography/condense.ts NATURAL_EARTH OURAIRPORTS`, with the folder of Natural Earth's
 * shapefiles at 1:10 million, and that of the tables of OurAirports. Both are in the public domain.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { MultiPolygon, Polygon, Position } from "geojson";
import { feature } from "topojson-client";
import type { GeometryObject, Topology } from "topojson-specification";
import type { Line, Lines, PackedKind } from "../src/map/packed-ground.ts";
import { type Row, readTable } from "./csv.ts";
import { packGround } from "./pack-ground.ts";
import { readShapes } from "./shapefile.ts";
import { simplify } from "./simplify.ts";

/** 44 m, less than half a pixel at zoom 9: a tenth of what the data, drawn at 1:10 million, are exact to. */
const TOLERANCE_DEGREES = 0.0004;
/** Antarctica's coast, which the map's projection stretches and few aircraft see. */
const FAR_SOUTH = -60;
const FAR_SOUTH_TOLERANCE_DEGREES = 0.002;
/** The countries whose states the map shows; elsewhere they would crowd it. */
const COUNTRIES_WITH_STATES = ["United States of America", "Canada", "Brazil", "Australia"];
/** Degrees of latitude, 6.7 km: some ends have a wrong sign or digit. */
const MAX_RUNWAY_DEGREES = 0.06;
/** Kinds of OurAirports whose runways are drawn. */
const WITH_RUNWAYS = new Set(["large_airport", "medium_airport", "small_airport"]);

const [naturalEarth = "", ourAirports = ""] = process.argv.slice(2);
const require = createRequire(import.meta.url);

function layer(name: string): Lines[] {
  return readShapes(readFileSync(join(naturalEarth, `ne_10m_${name}.shp`)));
}

/** Groups the rings of each shape into polygons: a ring that turns clockwise begins one, as in shapefiles. */
function polygonsOf(shapes: readonly Lines[]): Lines[] {
  const polygons: Lines[] = [];
  for (const rings of shapes) {
    for (const ring of rings) {
      if (turns(ring) <= 0 || polygons.length === 0) {
        polygons.push([ring]);
      } else {
        polygons.at(-1)?.push(ring);
      }
    }
  }
  return polygons;
}

/** Returns twice the area of a ring, negative if it turns clockwise. */
function turns(ring: Line): number {
  return ring.slice(1).reduce((sum, [x = 0, y = 0], index) => {
    const [beforeX = 0, beforeY = 0] = ring[index] ?? [];
    return sum + beforeX * y - x * beforeY;
  }, 0);
}

function simplified(lines: Lines): Lines {
  return lines.map((line) => {
    const isFarSouth = (line[0]?.[1] ?? 0) < FAR_SOUTH;
    return simplify(line, isFarSouth ? FAR_SOUTH_TOLERANCE_DEGREES : TOLERANCE_DEGREES);
  });
}

/** Returns the lines between states of the countries above, each line as one shape. */
function states(): Lines[] {
  const atlas = JSON.parse(
    readFileSync(require.resolve("world-atlas/countries-50m.json"), "utf8"),
  ) as Topology;
  const countries = feature(atlas, atlas.objects.countries as GeometryObject<{ name: string }>);
  const features = "features" in countries ? countries.features : [countries];
  const wanted = features
    .filter(({ properties }) => COUNTRIES_WITH_STATES.includes(properties.name))
    .map(({ geometry }) => geometry as Polygon | MultiPolygon);
  return layer("admin_1_states_provinces_lines")
    .flat()
    .filter((line) => wanted.some((country) => contains(country, line[line.length >> 1] ?? [])))
    .map((line) => [line]);
}

function contains(country: Polygon | MultiPolygon, point: Position): boolean {
  const polygons = country.type === "Polygon" ? [country.coordinates] : country.coordinates;
  return polygons.some(([outer = []]) => isInside(outer, point));
}

/** Counts the edges of a ring east of a point. */
function isInside(ring: readonly Position[], [x = 0, y = 0]: Position): boolean {
  let inside = false;
  for (let index = 1; index < ring.length; index++) {
    const [x0 = 0, y0 = 0] = ring[index - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[index] ?? [];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) {
      inside = !inside;
    }
  }
  return inside;
}

/** Returns the runways in use whose two ends are known. */
function runways(airports: ReadonlyMap<string, Row>): Lines[] {
  return readTable(readFileSync(join(ourAirports, "runways.csv"), "utf8"))
    .filter(({ closed, airport_ident: ident = "" }) => {
      return closed === "0" && WITH_RUNWAYS.has(airports.get(ident)?.type ?? "");
    })
    .map((row) => [endOf(row, "le"), endOf(row, "he")])
    .filter(isPlausible)
    .map((ends) => [ends]);
}

/** Whether both ends are known, and not further apart than the ends of the longest runway. */
function isPlausible(ends: Line): boolean {
  const [[x0 = 0, y0 = 0] = [], [x1 = 0, y1 = 0] = []] = ends;
  const east = (x1 - x0) * Math.cos((y0 * Math.PI) / 180);
  const isKnown = ends.every(([x = 0, y = 0]) => x !== 0 && y !== 0);
  return isKnown && Math.hypot(east, y1 - y0) < MAX_RUNWAY_DEGREES;
}

function endOf(row: Row, end: "le" | "he"): Position {
  return [Number(row[`${end}_longitude_deg`]), Number(row[`${end}_latitude_deg`])];
}

/** Returns the codes of the airports that are more than an airfield, and of those that are closed. */
function classes(airports: ReadonlyMap<string, Row>): Record<string, string> {
  const codes = (wanted: (row: Row) => boolean) =>
    [...airports]
      .filter(([, row]) => wanted(row))
      .map(([code]) => code)
      .join(" ");
  return {
    large: codes(({ type }) => type === "large_airport"),
    scheduled: codes((row) => row.type !== "large_airport" && row.scheduled_service === "yes"),
    medium: codes((row) => row.type === "medium_airport" && row.scheduled_service === "no"),
    closed: codes(({ type }) => type === "closed"),
  };
}

const table = readTable(readFileSync(join(ourAirports, "airports.csv"), "utf8"));
const airports = new Map(table.map((row) => [row.ident ?? "", row]));
const ground: Record<PackedKind, Lines[]> = {
  land: polygonsOf(layer("land")).map(simplified),
  lakes: polygonsOf(layer("lakes")).map(simplified),
  borders: layer("admin_0_boundary_lines_land").map(simplified),
  states: states().map(simplified),
  runways: runways(airports),
};
const packed = packGround(ground);
writeFileSync(new URL("ground.bin", import.meta.url), gzipSync(packed, { level: 9 }));
const source = "OurAirports, public domain, October 2022: codes by size and scheduled service";
writeFileSync(
  new URL("airport-classes.json", import.meta.url),
  `${JSON.stringify({ source, ...classes(airports) }, null, 2)}\n`,
);
