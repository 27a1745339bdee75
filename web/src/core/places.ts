/** The airports and cities that come with the page: the form of their files, and how these are unpacked. */

export interface Airport {
  /** What the server knows it by: of ICAO, or where ICAO has given none, of its country. */
  icao: string;
  /** Null for an airport that the airlines' tickets do not name. */
  iata: string | null;
  name: string;
  /** The city that it serves; empty if that is not known. */
  city: string;
  /** Two letters of ISO 3166-1, as those of cities. */
  country: string;
  longitude: number;
  latitude: number;
  /** Metres above sea level. */
  altitude: number;
  /** The zoom level from which the map shows it; `NEVER` if it is closed. */
  zoom: number;
}

export interface City {
  name: string;
  country: string;
  population: number;
  longitude: number;
  latitude: number;
  zoom: number;
}

export interface Places {
  airports: Airport[];
  cities: City[];
}

/** The zoom level of an airport that is not in use: it is found, but not on the map. */
export const NEVER = 99;

/** A file of places: one column per value, texts as one text with a line for each place. */
export interface PackedPlaces {
  airports: PackedColumns<"icao" | "iata" | "name" | "city" | "country", "altitude">;
  cities: PackedColumns<"name" | "country", "population">;
}

type PackedColumns<Text extends string, Numbers extends string> = Record<Text, string> &
  Record<Numbers | "longitude" | "latitude" | "zoom", number[]>;

/** Longitudes and latitudes are whole numbers of this part of a degree, 11 m. */
export const STEPS_PER_DEGREE = 1e4;

export function unpackPlaces({ airports, cities }: PackedPlaces): Places {
  return { airports: unpackAirports(airports), cities: unpackCities(cities) };
}

function unpackAirports(columns: PackedPlaces["airports"]): Airport[] {
  const [icao, iata, name, city, country] = [
    columns.icao,
    columns.iata,
    columns.name,
    columns.city,
    columns.country,
  ].map((column) => column.split("\n")) as [string[], string[], string[], string[], string[]];
  return columns.zoom.map((zoom, index) => ({
    icao: icao[index] ?? "",
    iata: iata[index] || null,
    name: name[index] ?? "",
    city: city[index] ?? "",
    country: country[index] ?? "",
    ...positionOf(columns, index),
    altitude: columns.altitude[index] ?? Number.NaN,
    zoom,
  }));
}

function unpackCities(columns: PackedPlaces["cities"]): City[] {
  const [names, countries] = [columns.name.split("\n"), columns.country.split("\n")];
  return columns.zoom.map((zoom, index) => ({
    name: names[index] ?? "",
    country: countries[index] ?? "",
    population: columns.population[index] ?? 0,
    ...positionOf(columns, index),
    zoom,
  }));
}

function positionOf(columns: { longitude: number[]; latitude: number[] }, index: number) {
  return {
    longitude: (columns.longitude[index] ?? Number.NaN) / STEPS_PER_DEGREE,
    latitude: (columns.latitude[index] ?? Number.NaN) / STEPS_PER_DEGREE,
  };
}
