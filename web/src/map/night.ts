/** Shades the night on the map: a step each for sunset and the three twilights. */

import type { Feature, FeatureCollection } from "geojson";
import type { ThemeName } from "../core/theme.ts";
import type { AddedLayer, MapAdditions } from "./map-additions.ts";
import { nightEdge, nightRing } from "./sun.ts";

/** Degrees of the sun below the horizon: its upper edge sets, then civil, nautical, astronomical twilight. */
const DEPRESSIONS = [0.833, 6, 12, 18] as const;
/** The shade moves by a quarter of a degree in this time. */
const STEP_S = 60;
const NAME = "night";

/** The shade of one step, and the line where the sun sets or rises. */
const STYLES: Record<ThemeName, { shade: string; opacity: number; edge: string }> = {
  dark: { shade: "#000", opacity: 0.24, edge: "#f2b84b" },
  light: { shade: "#0b1a3a", opacity: 0.13, edge: "#8f5b00" },
};
const LAYERS: Record<ThemeName, readonly AddedLayer[]> = {
  dark: layersOf("dark"),
  light: layersOf("light"),
};

export class Night {
  private readonly additions: MapAdditions;
  private minute = Number.NaN;
  private theme: ThemeName = "dark";

  constructor(additions: MapAdditions) {
    this.additions = additions;
  }

  /** Shows the night at a time in Unix seconds; null hides it. */
  show(time: number | null, theme: ThemeName): void {
    const minute = time === null ? Number.NaN : Math.floor(time / STEP_S);
    if (Object.is(minute, this.minute) && theme === this.theme) {
      return;
    }
    this.minute = minute;
    this.theme = theme;
    if (Number.isNaN(minute)) {
      this.additions.remove(NAME);
    } else {
      this.additions.set(NAME, nightAt(minute * STEP_S), LAYERS[theme]);
    }
  }
}

function nightAt(time: number): FeatureCollection {
  const features = DEPRESSIONS.map(
    (depression): Feature => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Polygon", coordinates: [nightRing(time, depression)] },
    }),
  );
  const edge: Feature = {
    type: "Feature",
    properties: {},
    geometry: { type: "LineString", coordinates: nightEdge(time, DEPRESSIONS[0]) },
  };
  return { type: "FeatureCollection", features: [...features, edge] };
}

function layersOf(theme: ThemeName): AddedLayer[] {
  const { shade, opacity, edge } = STYLES[theme];
  return [
    {
      id: NAME,
      type: "fill",
      filter: ["==", ["geometry-type"], "Polygon"],
      // Without, each tile would get an outline.
      paint: { "fill-color": shade, "fill-opacity": opacity, "fill-antialias": false },
    },
    {
      id: "night-edge",
      type: "line",
      filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": edge, "line-opacity": 0.55, "line-width": 1.2 },
    },
  ];
}
