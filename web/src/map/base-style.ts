/** MapLibre styles of the base map: the packaged geography, or raster tiles of a server. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Tiles } from "../core/configuration.ts";
import type { ThemeName } from "../core/theme.ts";
import { type Kind, SOURCE_NAMES, type SourceName } from "./geography.ts";
import type { MapTheme } from "./theme.ts";

/** OpenSky's terms of use require this attribution. */
export const OPENSKY_ATTRIBUTION =
  'Flights: <a href="https://opensky-network.org">The OpenSky Network</a>';
const NATURAL_EARTH = 'Map: <a href="https://www.naturalearthdata.com">Natural Earth</a>';

/** A style without `glyphs` makes MapLibre draw text with the fonts of the system. */
const FONTS = ["system-ui", "sans-serif"];

/** Filters by Natural Earth's rank, from 0: a higher zoom shows names of higher ranks. */
const COUNTRY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["zoom"]];
const CITY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["*", ["+", ["zoom"], -2.6], 2]];

/** Returns the style of the packaged geography, which needs no request to another server. */
export function geographyStyle(theme: MapTheme): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(
      SOURCE_NAMES.map((name) => [
        name,
        {
          type: "geojson",
          data: `geography://${name}`,
          tolerance: 0.3,
          maxzoom: 8,
          attribution: NATURAL_EARTH,
        },
      ]),
    ),
    layers: [
      { id: "sea", type: "background", paint: { "background-color": theme.sea } },
      // Grouped by source: MapLibre sets its tile masks up again at each change of the source.
      fill("land", theme.land),
      fill("lakes", theme.sea),
      line("rivers", theme.river, [3, 0.3, 8, 1.6]),
      line("states", theme.state, [3, 0.3, 8, 1.2]),
      line("borders", theme.border, [1, 0.4, 8, 1.6]),
      line("coasts", theme.coast, [1, 0.4, 8, 1.4]),
      ...nameLayers(theme),
    ],
  };
}

/** Returns the style of raster tiles, darkened in the dark theme. */
export function tileStyle({ url, attribution }: Tiles, theme: ThemeName): StyleSpecification {
  const isDark = theme === "dark";
  return {
    version: 8,
    sources: {
      tiles: { type: "raster", tiles: [url], tileSize: 256, attribution: escapeHtml(attribution) },
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
    ],
  };
}

/** Escapes an attribution, which MapLibre inserts as HTML. */
function escapeHtml(text: string): string {
  const element = document.createElement("i");
  element.textContent = text;
  return element.innerHTML;
}

function fill(kind: Kind, colour: string): LayerSpecification {
  return { ...sourceLayer(kind, "areas"), type: "fill", paint: { "fill-color": colour } };
}

function line(kind: Kind, colour: string, widths: number[]): LayerSpecification {
  const width = ["interpolate", ["linear"], ["zoom"], ...widths] as ExpressionSpecification;
  const paint = { "line-color": colour, "line-width": width };
  return { ...sourceLayer(kind, "lines"), type: "line", paint };
}

function sourceLayer(kind: Kind, source: SourceName) {
  const filter: ExpressionSpecification = ["==", ["get", "kind"], kind];
  return { id: kind, source, filter };
}

function nameLayers(theme: MapTheme): LayerSpecification[] {
  const halo = { "text-halo-color": theme.halo, "text-halo-width": 1.2, "text-halo-blur": 0.6 };
  return [
    {
      ...sourceLayer("countries", "names"),
      type: "symbol",
      maxzoom: 7,
      filter: ["all", sourceLayer("countries", "names").filter, COUNTRY_RANK],
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONTS,
        "text-size": ["interpolate", ["linear"], ["zoom"], 1, 10, 6, 15],
        "text-transform": "uppercase",
        "text-letter-spacing": 0.14,
        "text-max-width": 7,
      },
      paint: { "text-color": theme.country, ...halo },
    },
    {
      ...sourceLayer("cities", "names"),
      type: "symbol",
      minzoom: 3,
      filter: ["all", sourceLayer("cities", "names").filter, CITY_RANK],
      layout: {
        "text-field": ["concat", "· ", ["get", "name"]],
        "text-font": FONTS,
        "text-size": ["interpolate", ["linear"], ["zoom"], 3, 10.5, 9, 15],
        "text-anchor": "left",
        "symbol-sort-key": ["get", "rank"],
      },
      paint: { "text-color": theme.city, ...halo },
    },
  ];
}
