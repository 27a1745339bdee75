/** MapLibre styles of the base map: the packaged geography, or raster tiles of a server. */

import type {
  ExpressionSpecification,
  GeoJSONSourceSpecification,
  LayerSpecification,
  StyleSpecification,
} from "maplibre-gl";
import type { Tiles } from "../core/configuration.ts";
import type { ThemeName } from "../core/theme.ts";
import { type Detail, PLACES_ZOOM } from "./detail.ts";
import type { Kind, SourceName } from "./geography.ts";
import { ENLARGEMENT } from "./large-tiles.ts";
import { FONTS, PLACES, placesLayer, placesSource } from "./places-style.ts";
import { MAP_THEMES, type MapTheme } from "./theme.ts";

/** OpenSky's terms of use require this attribution. */
export const OPENSKY_ATTRIBUTION =
  'Flights: <a href="https://opensky-network.org">The OpenSky Network</a>';
const NATURAL_EARTH = '<a href="https://www.naturalearthdata.com">Natural Earth</a>';

/** Filters by Natural Earth's rank, from 0: a higher zoom shows names of higher ranks. */
const COUNTRY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["zoom"]];
const CITY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["*", ["+", ["zoom"], -2.6], 2]];

/** The source of all that is not a name. */
export const GROUND: SourceName = "ground";

/** Rivers, which are at 1:50 million at all zoom levels, end at zoom 9 of the map, 7 of its tiles. */
const COARSE_RIVERS: ExpressionSpecification = [
  "interpolate",
  ["linear"],
  ["zoom"],
  7,
  1,
  8,
  ["match", ["get", "kind"], "rivers", 0, 1],
];

/** The width of the tiles' margin in pixels: half a line and what anti-aliasing adds. */
const MARGIN_PX = 8;
/** By how many pixels at most a line may be simplified. */
const TOLERANCE_PX = 0.3;

/**
 * The highest zoom level of each source's tiles, which are scaled up above it. A label is drawn within
 * half of 1/8192 of its tile: 2.4 km for a country, 0.6 km for a city.
 */
const MAX_ZOOMS: Record<SourceName, number> = { ground: 11, countries: 0, cities: 2 };

/**
 * Returns the style of the packaged geography, which needs no request to another server.
 *
 * The sea is the background of the element. A frame draws each layer of each tile, so there are few.
 *
 * @param scale By how much names and lines are enlarged.
 */
export function geographyStyle(
  themeName: ThemeName,
  detail: Detail,
  scale = 1,
): StyleSpecification {
  const theme = MAP_THEMES[themeName];
  return {
    version: 8,
    sources: {
      ground: geographySource("ground", detail.ground),
      countries: geographySource("countries", "countries"),
      cities: geographySource("cities", "cities"),
      [PLACES]: placesSource(detail),
    },
    layers: [
      fill("areas", { land: theme.land, lakes: theme.sea }),
      line(
        "thin-lines",
        { rivers: theme.river, states: theme.state },
        [3, 0.3 * scale, 8, 1.4 * scale],
        COARSE_RIVERS,
      ),
      line("strong-lines", { borders: theme.border, coasts: theme.coast, runways: theme.runway }, [
        1,
        0.4 * scale,
        8,
        1.5 * scale,
      ]),
      ...nameLayers(theme, detail, scale),
      placesLayer(themeName, ["airport", "city"], scale),
    ],
  };
}

function geographySource(name: SourceName, data: string): GeoJSONSourceSpecification {
  return {
    type: "geojson",
    data: `geography://${data}`,
    // MapLibre counts both in pixels of its own, smaller tiles.
    tolerance: TOLERANCE_PX / ENLARGEMENT,
    buffer: MARGIN_PX / ENLARGEMENT,
    maxzoom: MAX_ZOOMS[name],
    attribution: NATURAL_EARTH,
  };
}

/** Returns the style of raster tiles, darkened in the dark theme, with the airports: tiles have names of cities. */
export function tileStyle(
  { url, attribution }: Tiles,
  theme: ThemeName,
  detail: Detail,
  scale = 1,
): StyleSpecification {
  const isDark = theme === "dark";
  return {
    version: 8,
    sources: {
      tiles: { type: "raster", tiles: [url], tileSize: 256, attribution: escapeHtml(attribution) },
      [PLACES]: placesSource(detail),
    },
    layers: [
      {
        id: "tiles",
        source: "tiles",
        type: "raster",
        paint: {
          "raster-brightness-max": isDark ? 0.55 : 1,
          "raster-saturation": isDark ? -0.4 : 0,
        },
      },
      placesLayer(theme, ["airport"], scale),
    ],
  };
}

/** Escapes an attribution, which MapLibre inserts as HTML. */
function escapeHtml(text: string): string {
  const element = document.createElement("i");
  element.textContent = text;
  return element.innerHTML;
}

/** The colour of each kind of features that a layer draws, in this order. */
type Colours = { readonly [kind in Kind]?: string };

function fill(id: string, colours: Colours): LayerSpecification {
  return { ...groundLayer(id, colours), type: "fill", paint: { "fill-color": colourOf(colours) } };
}

/**
 * @param widths Zoom levels, each followed by the width of the lines there in pixels.
 * @param opacity By zoom level of the tile, if not all of the lines are opaque.
 */
function line(
  id: string,
  colours: Colours,
  widths: number[],
  opacity: ExpressionSpecification | 1 = 1,
): LayerSpecification {
  const width = ["interpolate", ["linear"], ["zoom"], ...widths] as ExpressionSpecification;
  const paint = { "line-color": colourOf(colours), "line-width": width, "line-opacity": opacity };
  return { ...groundLayer(id, colours), type: "line", paint };
}

function groundLayer(id: string, colours: Colours) {
  const filter: ExpressionSpecification = ["has", ["get", "kind"], ["literal", colours]];
  return { id, source: GROUND, filter };
}

function colourOf(colours: Colours): ExpressionSpecification {
  return ["to-color", ["get", ["get", "kind"], ["literal", colours]]];
}

/** The data are ordered by rank, so that a higher rank keeps its place where labels collide. */
function nameLayers(theme: MapTheme, detail: Detail, scale: number): LayerSpecification[] {
  // The places have these cities too.
  const cities = detail.places === "no-places" ? {} : { maxzoom: PLACES_ZOOM };
  const halo = {
    "text-halo-color": theme.halo,
    "text-halo-width": 1.2 * scale,
    "text-halo-blur": 0.6 * scale,
  };
  return [
    {
      id: "countries",
      source: "countries",
      type: "symbol",
      maxzoom: 7,
      filter: COUNTRY_RANK,
      layout: {
        "text-field": ["get", "name"],
        "text-font": [...FONTS],
        "text-size": ["interpolate", ["linear"], ["zoom"], 1, 10 * scale, 6, 15 * scale],
        "text-transform": "uppercase",
        "text-letter-spacing": 0.14,
        "text-max-width": 7,
      },
      paint: { "text-color": theme.country, ...halo },
    },
    {
      id: "cities",
      source: "cities",
      type: "symbol",
      minzoom: 3,
      ...cities,
      filter: CITY_RANK,
      layout: {
        "text-field": ["concat", "· ", ["get", "name"]],
        "text-font": [...FONTS],
        "text-size": ["interpolate", ["linear"], ["zoom"], 3, 10.5 * scale, 9, 15 * scale],
        "text-anchor": "left",
      },
      paint: { "text-color": theme.city, ...halo },
    },
  ];
}
