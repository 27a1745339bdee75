/** The style of the base map, made of the packaged geography: no request leaves the machine. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Geography } from "./geography.ts";
import type { MapTheme } from "./theme.ts";

export const ATTRIBUTION =
  'Flights: <a href="https://opensky-network.org">The OpenSky Network</a> · Map: <a href="https://www.naturalearthdata.com">Natural Earth</a>';

/** Without `glyphs` MapLibre draws text with the fonts that the system has. */
const FONTS = ["system-ui", "sans-serif"];

/** Ranks are Natural Earth's, from 0; each is worth about so many levels of zoom. */
const COUNTRY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["zoom"]];
const CITY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["*", ["+", ["zoom"], -2.6], 2]];

export function baseStyle(geography: Geography, theme: MapTheme): StyleSpecification {
  return {
    version: 8,
    sources: Object.fromEntries(
      Object.entries(geography).map(([name, data]) => [
        name,
        { type: "geojson", data, tolerance: 0.3, maxzoom: 8, attribution: ATTRIBUTION },
      ]),
    ),
    layers: [
      { id: "sea", type: "background", paint: { "background-color": theme.sea } },
      fill("land", theme.land),
      line("rivers", theme.river, [3, 0.3, 8, 1.6]),
      fill("lakes", theme.sea),
      line("states", theme.state, [3, 0.3, 8, 1.2]),
      line("borders", theme.border, [1, 0.4, 8, 1.6]),
      line("coasts", theme.coast, [1, 0.4, 8, 1.4]),
      ...names(theme),
    ],
  };
}

function fill(source: string, colour: string): LayerSpecification {
  return { id: source, source, type: "fill", paint: { "fill-color": colour } };
}

function line(source: string, colour: string, widths: number[]): LayerSpecification {
  const width = ["interpolate", ["linear"], ["zoom"], ...widths] as ExpressionSpecification;
  return { id: source, source, type: "line", paint: { "line-color": colour, "line-width": width } };
}

function names(theme: MapTheme): LayerSpecification[] {
  const halo = { "text-halo-color": theme.halo, "text-halo-width": 1.2, "text-halo-blur": 0.6 };
  return [
    {
      id: "countries",
      source: "countries",
      type: "symbol",
      maxzoom: 7,
      filter: COUNTRY_RANK,
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
      id: "cities",
      source: "cities",
      type: "symbol",
      minzoom: 3,
      filter: CITY_RANK,
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
