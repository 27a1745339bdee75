/** Converts airports and cities to the points that the map labels. */

import type { Feature, FeatureCollection } from "geojson";
import { type Airport, type City, NEVER, type Places } from "../core/places.ts";
import { collection, toFeature } from "./geography.ts";

/** Texts of airports have this size in pixels; those of cities grow with the population. */
const AIRPORT_PX = 11;
const SMALL_CITY_PX = 11;
const LARGE_CITY_PX = 15;
const SMALL_POPULATION = 1e4;
/** How many times the small population a city of the largest text has. */
const POPULATION_RANGE = 500;

/** Returns the places in the order in which the map places their labels: cities first, as airports lie beside them. */
export function placeFeatures({ airports, cities }: Places): FeatureCollection {
  const points = [
    ...cities.map((city) => ({ zoom: city.zoom, feature: cityFeature(city) })),
    ...airports
      .filter(({ zoom }) => zoom !== NEVER)
      .map((airport) => ({ zoom: airport.zoom, feature: airportFeature(airport) })),
  ];
  points.sort((one, other) => one.zoom - other.zoom);
  return collection(points.map(({ feature }) => feature));
}

function cityFeature({ name, population, zoom, ...position }: City): Feature {
  const size = citySize(population);
  return point(position, { kind: "city", short: name, long: name, size, zoom });
}

function airportFeature({ icao, iata, name, zoom, ...position }: Airport): Feature {
  const short = iata ?? icao;
  const long = `${short} ${name}`;
  return point(position, { kind: "airport", short, long, size: AIRPORT_PX, zoom, icao });
}

function point(
  { longitude, latitude }: { longitude: number; latitude: number },
  properties: Record<string, string | number>,
): Feature {
  return { ...toFeature({ type: "Point", coordinates: [longitude, latitude] }), properties };
}

function citySize(population: number): number {
  const part = Math.log(population / SMALL_POPULATION) / Math.log(POPULATION_RANGE);
  const size = SMALL_CITY_PX + (LARGE_CITY_PX - SMALL_CITY_PX) * Math.min(1, Math.max(0, part));
  return Number(size.toFixed(1));
}
