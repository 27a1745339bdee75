/** The style of the base map, made of the packaged geography: no request leaves the machine. */

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { Tiles } from "../core/configuration.ts";
import type { ThemeName } from "../core/theme.ts";
import { type Kind, SOURCE_NAMES, type SourceName } from "./geography.ts";
import type { MapTheme } from "./theme.ts";

/** As OpenSky's terms of use ask for. */
export const FLIGHTS = 'Flights: <a href="https://opensky-network.org">The OpenSky Network</a>';
const NATURAL_EARTH = 'Map: <a href="https://www.naturalearthdata.com">Natural Earth</a>';

/** Without `glyphs` MapLibre draws text with the fonts that the system has. */
const FONTS = ["system-ui", "sans-serif"];

/** Ranks are Natural Earth's, from 0; each is worth about so many levels of zoom. */
const COUNTRY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["zoom"]];
const CITY_RANK: ExpressionSpecification = ["<=", ["get", "rank"], ["*", ["+", ["zoom"], -2.6], 2]];

export function baseStyle(theme: MapTheme): StyleSpecification {
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
      // Layers of one source after another: MapLibre cuts tiles out anew whenever it changes.
      fill("land", theme.land),
      fill("lakes", theme.sea),
      line("rivers", theme.river, [3, 0.3, 8, 1.6]),
      line("states", theme.state, [3, 0.3, 8, 1.2]),
      line("borders", theme.border, [1, 0.4, 8, 1.6]),
      line("coasts", theme.coast, [1, 0.4, 8, 1.4]),
      ...names(theme),
    ],
  };
}

/** Tiles bring their own names and borders; by night they are turned down. */
export function tileStyle({ url, attribution }: Tiles, theme: ThemeName): StyleSpecification {
  const isDark = theme === "dark";
  return {
    version: 8,
    sources: {
      tiles: { type: "raster", tiles: [url], tileSize: 256, attribution: plain(attribution) },
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

/** MapLibre takes an attribution for markup. */
function plain(text: string): string {
  const place = document.createElement("i");
  place.textContent = text;
  return place.innerHTML;
}

function fill(kind: Kind, colour: string): LayerSpecification {
  return { ...of(kind, "areas"), type: "fill", paint: { "fill-color": colour } };
}

function line(kind: Kind, colour: string, widths: number[]): LayerSpecification {
  const width = ["interpolate", ["linear"], ["zoom"], ...widths] as ExpressionSpecification;
  const paint = { "line-color": colour, "line-width": width };
  return { ...of(kind, "lines"), type: "line", paint };
}

function of(kind: Kind, source: SourceName) {
  const filter: ExpressionSpecification = ["==", ["get", "kind"], kind];
  return { id: kind, source, filter };
}

function names(theme: MapTheme): LayerSpecification[] {
  const halo = { "text-halo-color": theme.halo, "text-halo-width": 1.2, "text-halo-blur": 0.6 };
  return [
    {
      ...of("countries", "names"),
      type: "symbol",
      maxzoom: 7,
      filter: ["all", of("countries", "names").filter, COUNTRY_RANK],
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
      ...of("cities", "names"),
      type: "symbol",
      minzoom: 3,
      filter: ["all", of("cities", "names").filter, CITY_RANK],
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
