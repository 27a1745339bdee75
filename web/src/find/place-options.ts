/** The airports, cities and coordinates among the results of the palette. */

import { make } from "../core/elements.ts";
import { writeCountry, writePosition } from "../core/place-names.ts";
import type { Airport, City } from "../core/places.ts";
import type { Coordinates } from "./coordinates.ts";
import { highlight } from "./highlight.ts";
import type { ListGroup, ListOption } from "./listbox.ts";
import type { FoundPlaces, PlaceSearch } from "./place-search.ts";

export interface PlaceActions {
  /** Opens an airport's panel, and goes there. */
  openAirport(airport: Airport): void;
  /** Goes to a place, at this zoom level at least. */
  goTo(place: Coordinates, minZoom: number): void;
}

export interface PlaceGroups {
  /** What is certainly meant: coordinates, and the airport with exactly this code. */
  first: ListGroup[];
  last: ListGroup[];
  count: number;
}

type MakeOption = (content: readonly Node[], run: () => void) => ListOption;

/** Results of a kind. */
const MAX_PLACES = 4;
/** How close the map goes to coordinates and to cities, the larger ones from further away. */
const COORDINATES_ZOOM = 10;
const CITY_ZOOM = 11;
const LARGE_CITY_ZOOM = 9;
const LARGE_CITY = 1e6;

const NOTHING: FoundPlaces = { airports: [], cities: [], isCode: false };

export class PlaceOptions {
  /** What the user should know: that the places are loading, or why they are missing. */
  notice = "";
  private search: PlaceSearch | null = null;
  private isLoading = false;
  private readonly actions: PlaceActions;
  private readonly onLoad: () => void;

  /** @param onLoad Called when the places have been loaded, or could not be. */
  constructor(actions: PlaceActions, onLoad: () => void) {
    this.actions = actions;
    this.onLoad = onLoad;
  }

  /** Loads the places unless they are there; after a failure, again. */
  load(): void {
    if (this.search === null && !this.isLoading) {
      this.isLoading = true;
      this.notice = "Loading airports and cities …";
      void this.fetch();
    }
  }

  groups(text: string, coordinates: Coordinates | null, option: MakeOption): PlaceGroups {
    const { airports, cities, isCode } = this.search?.find(text, MAX_PLACES) ?? NOTHING;
    const found = [
      { name: "Airports", options: airports.map((one) => this.airportOption(one, text, option)) },
      { name: "Cities", options: cities.map((one) => this.cityOption(one, text, option)) },
    ];
    const place = coordinates === null ? [] : [this.coordinatesOption(coordinates, option)];
    const first = [{ name: "Coordinates", options: place }, ...(isCode ? found.slice(0, 1) : [])];
    const count = airports.length + cities.length + place.length;
    return { first, last: isCode ? found.slice(1) : found, count };
  }

  private async fetch(): Promise<void> {
    try {
      const { loadPlaceSearch } = await import("./place-search.ts");
      this.search = await loadPlaceSearch();
      this.notice = "";
    } catch {
      this.notice = "Airports and cities could not be loaded; open the search again to retry.";
    }
    this.isLoading = false;
    this.onLoad();
  }

  private airportOption(airport: Airport, text: string, option: MakeOption): ListOption {
    const codes = [airport.iata, airport.icao].filter((code) => code !== null).join(" ");
    const content = [
      make("span", { class: "name wide" }, ...highlight(airport.name, text)),
      make("span", { class: "place" }, placeOf(airport)),
      make("span", { class: "figure" }, ...highlight(codes, text)),
    ];
    return option(content, () => this.actions.openAirport(airport));
  }

  private cityOption(city: City, text: string, option: MakeOption): ListOption {
    const people = `${city.population.toLocaleString("en")} people`;
    const content = [
      make("span", { class: "name wide" }, ...highlight(city.name, text)),
      make("span", { class: "place" }, writeCountry(city.country)),
      make("span", { class: "figure" }, people),
    ];
    const zoom = city.population < LARGE_CITY ? CITY_ZOOM : LARGE_CITY_ZOOM;
    return option(content, () => this.actions.goTo(city, zoom));
  }

  private coordinatesOption(place: Coordinates, option: MakeOption): ListOption {
    const content = make("span", { class: "name wide" }, `Go to ${writePosition(place)}`);
    return option([content], () => this.actions.goTo(place, COORDINATES_ZOOM));
  }
}

function placeOf({ city, country }: Airport): string {
  return [city, writeCountry(country)].filter((part) => part !== "").join(", ");
}
