/** How the map shows airports and cities: one source and one layer, because each costs draw calls. */

import type {
  ExpressionSpecification,
  GeoJSONSourceSpecification,
  SymbolLayerSpecification,
} from "maplibre-gl";
import type { ThemeName } from "../core/theme.ts";
import { type Detail, PLACES_ZOOM } from "./detail.ts";
import { ENLARGEMENT } from "./large-tiles.ts";
import { iconName, type PlaceKind } from "./place-icons.ts";
import { MAP_THEMES } from "./theme.ts";

/** The source of places, and their layer. */
export const PLACES = "places";

/** A style without `glyphs` makes MapLibre draw text with the fonts of the system. */
export const FONTS: readonly string[] = ["system-ui", "sans-serif"];

/** Its licence (CC BY) requires this; the data of airports are in the public domain. */
const GEONAMES = '<a href="https://www.geonames.org">GeoNames</a>';

/** The zoom level of the map's tiles is lower than that of the map by this, because they are larger. */
const LEVELS_BELOW = Math.log2(ENLARGEMENT);
const MAX_TILE_ZOOM = 8;
/** From this zoom level on an airport has its name, before its code alone. */
const NAMES_ZOOM = 10;

const MAP_ZOOM: ExpressionSpecification = ["+", ["zoom"], LEVELS_BELOW];

export function placesSource(detail: Detail): GeoJSONSourceSpecification {
  return {
    type: "geojson",
    data: `geography://${detail.places}`,
    maxzoom: MAX_TILE_ZOOM,
    attribution: GEONAMES,
  };
}

/**
 * Returns the layer of some kinds of places. Their order in the source is that of their importance.
 *
 * @param scale By how much names and marks are enlarged.
 */
export function placesLayer(
  theme: ThemeName,
  kinds: readonly PlaceKind[],
  scale: number,
): SymbolLayerSpecification {
  const colours = MAP_THEMES[theme];
  return {
    id: PLACES,
    source: PLACES,
    type: "symbol",
    minzoom: PLACES_ZOOM,
    filter: [
      "all",
      ["in", ["get", "kind"], ["literal", [...kinds]]],
      ["<=", ["get", "zoom"], MAP_ZOOM],
    ],
    layout: {
      "icon-image": byKind(iconName("airport", theme), iconName("city", theme)),
      "icon-size": scale,
      "icon-padding": 0,
      "text-field": [
        "step",
        ["zoom"],
        ["get", "short"],
        NAMES_ZOOM - LEVELS_BELOW,
        ["get", "long"],
      ],
      "text-font": [...FONTS],
      "text-size": ["*", ["get", "size"], scale],
      "text-variable-anchor": ["left", "right", "top", "bottom"],
      "text-radial-offset": byKind(0.7, 0.4),
      "text-justify": "auto",
      "text-max-width": 12,
      "text-padding": 3,
      "text-optional": true,
    },
    paint: {
      "text-color": byKind(colours.airport, colours.city),
      "text-halo-color": colours.halo,
      "text-halo-width": 1.2 * scale,
      "text-halo-blur": 0.6 * scale,
    },
  };
}

function byKind<Value extends string | number>(
  airport: Value,
  city: Value,
): ExpressionSpecification {
  return ["match", ["get", "kind"], "airport", airport, city];
}
