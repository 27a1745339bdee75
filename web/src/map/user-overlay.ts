/** Draws a GeoJSON file that the user opened or dropped on the page; it never leaves the browser. */

import { signal } from "@preact/signals-core";
import type { FeatureCollection, Position } from "geojson";
import type { ThemeName } from "../core/theme.ts";
import type { Extent } from "./extent.ts";
import { MAX_BYTES, readGeojson } from "./geojson-reader.ts";
import type { AddedLayer, MapAdditions } from "./map-additions.ts";
import { MAP_THEMES } from "./theme.ts";

const NAME = "file";
/** Without glyphs in the style MapLibre draws text with the fonts of the system. */
const FONTS = ["system-ui", "sans-serif"];
const COLOUR: Record<ThemeName, string> = { dark: "#ff9f5a", light: "#b4440a" };

/** The file that is shown. */
export interface OpenedFile {
  name: string;
  features: number;
}

export class UserOverlay {
  /** Null is no file. */
  readonly file = signal<OpenedFile | null>(null);
  /** Why the last file cannot be shown; empty if it is. */
  readonly error = signal("");
  private readonly additions: MapAdditions;
  private readonly fit: (extent: Extent) => void;
  private data: FeatureCollection | null = null;
  private theme: ThemeName = "dark";

  /** @param fit Shows an area on the map. */
  constructor(additions: MapAdditions, fit: (extent: Extent) => void) {
    this.additions = additions;
    this.fit = fit;
  }

  setTheme(theme: ThemeName): void {
    this.theme = theme;
    this.draw();
  }

  /** Shows a file in place of the one before, which stays if the new one cannot be shown. */
  async open(file: File): Promise<void> {
    try {
      if (file.size > MAX_BYTES) {
        throw new Error(`The file has more than ${MAX_BYTES / 1_000_000} MB.`);
      }
      const data = readGeojson(await file.text());
      this.data = data;
      this.file.value = { name: file.name, features: data.features.length };
      this.error.value = "";
      this.draw();
      this.fit(extentOf(data));
    } catch (error) {
      this.error.value = `${file.name}: ${(error as Error).message}`;
    }
  }

  remove(): void {
    this.data = null;
    this.file.value = null;
    this.error.value = "";
    this.additions.remove(NAME);
  }

  private draw(): void {
    if (this.data !== null) {
      this.additions.set(NAME, this.data, layersOf(this.theme));
    }
  }
}

/** Returns the bounding box of all positions. */
export function extentOf({ features }: FeatureCollection): Extent {
  let [west, south, east, north] = [360, 90, -360, -90];
  const add = (part: unknown): void => {
    const [longitude, latitude] = part as Position;
    if (typeof longitude === "number" && typeof latitude === "number") {
      [west, east] = [Math.min(west, longitude), Math.max(east, longitude)];
      [south, north] = [Math.min(south, latitude), Math.max(north, latitude)];
    } else {
      (part as unknown[]).forEach(add);
    }
  };
  for (const { geometry } of features) {
    if ("coordinates" in geometry) {
      add(geometry.coordinates);
    }
  }
  return [west, south, east, north];
}

function layersOf(theme: ThemeName): AddedLayer[] {
  const colour = COLOUR[theme];
  const isPolygon = ["==", ["geometry-type"], "Polygon"] as never;
  const isPoint = ["==", ["geometry-type"], "Point"] as never;
  return [
    {
      id: "file-areas",
      type: "fill",
      filter: isPolygon,
      paint: { "fill-color": colour, "fill-opacity": 0.15 },
    },
    { id: "file-lines", type: "line", paint: { "line-color": colour, "line-width": 2 } },
    {
      id: "file-points",
      type: "circle",
      filter: isPoint,
      paint: {
        "circle-color": colour,
        "circle-radius": 5,
        "circle-stroke-color": MAP_THEMES[theme].halo,
        "circle-stroke-width": 1.5,
      },
    },
    {
      id: "file-names",
      type: "symbol",
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONTS,
        "text-size": 12,
        "text-offset": [0, 0.9],
        "text-anchor": "top",
      },
      paint: {
        "text-color": colour,
        "text-halo-color": MAP_THEMES[theme].halo,
        "text-halo-width": 1.5,
      },
    },
  ];
}
