/** Draws the density of traffic as coloured squares: of the aircraft on the screen, or of a past day. */

import { signal } from "@preact/signals-core";
import type { ThemeName } from "../core/theme.ts";
import { fetchDensity, isAbort } from "../history/history-client.ts";
import type { Fleet } from "../stream/fleet.ts";
import { AIRCRAFT_ZOOM, areasOf, cellOf, countCells, type Grid, greatest } from "./density-grid.ts";
import type { AddedLayer, MapAdditions } from "./map-additions.ts";

const NAME = "density";
/** The side of a cell of a past day, degrees. */
const DAY_CELL = 1;
/** The aircraft on the screen are counted again after this time at the earliest. */
const PAUSE_MS = 2_000;

/** From little to much traffic; the panel's legend has the same colours. */
export const DENSITY_COLOURS: Record<ThemeName, readonly string[]> = {
  dark: ["#2a4a7f", "#1f7f8c", "#4fb86a", "#f4e04d"],
  light: ["#b9d3e8", "#5f9fd0", "#2a62b0", "#3a1270"],
};

/** What the legend says. */
export interface DensityLegend {
  /** The most of one square; 0 if there are none. */
  most: number;
  /** Null is the traffic on the screen. */
  day: string | null;
  /** What is being loaded, or why nothing is shown; empty if all is. */
  notice: string;
}

export class DensityMap {
  readonly legend = signal<DensityLegend | null>(null);
  private readonly additions: MapAdditions;
  private readonly fleet: Fleet;
  private readonly layers: Record<ThemeName, readonly AddedLayer[]> = {
    dark: [layerOf("dark")],
    light: [layerOf("light")],
  };
  private theme: ThemeName = "dark";
  private day: string | null = null;
  private grid: Grid | null = null;
  private abort = new AbortController();
  private countedAt = Number.NEGATIVE_INFINITY;
  private countedCell = 0;

  constructor(additions: MapAdditions, fleet: Fleet) {
    this.additions = additions;
    this.fleet = fleet;
  }

  setTheme(theme: ThemeName): void {
    this.theme = theme;
    if (this.grid !== null) {
      this.draw(this.grid);
    }
  }

  hide(): void {
    this.abort.abort();
    this.day = null;
    this.countedCell = 0;
    this.legend.value = null;
    this.erase();
  }

  /** Counts the aircraft on the screen, at world zoom; closer they are drawn themselves. */
  showLive(zoom: number): void {
    if (zoom >= AIRCRAFT_ZOOM) {
      this.countedCell = 0;
      this.erase();
      this.legend.value = { most: 0, day: null, notice: "Zoom out: here the aircraft are drawn." };
      return;
    }
    const cell = cellOf(zoom);
    const now = performance.now();
    if (cell === this.countedCell && now - this.countedAt < PAUSE_MS) {
      return;
    }
    this.abort.abort();
    this.day = null;
    this.countedAt = now;
    this.countedCell = cell;
    const grid = countCells(this.fleet, cell);
    this.draw(grid);
    this.legend.value = { most: greatest(grid), day: null, notice: "" };
  }

  /** Requests the density of a UTC day, unless it is shown. */
  async showDay(day: string): Promise<void> {
    if (day === this.day) {
      return;
    }
    this.hide();
    this.day = day;
    this.abort = new AbortController();
    this.legend.value = { most: 0, day, notice: "Loading …" };
    try {
      const grid = await fetchDensity(day, DAY_CELL, this.abort.signal);
      this.draw(grid);
      const notice = grid.cells.length > 0 ? "" : "Nothing is stored of this day.";
      this.legend.value = { most: greatest(grid), day, notice };
    } catch (error) {
      if (!isAbort(error)) {
        this.legend.value = { most: 0, day, notice: (error as Error).message };
      }
    }
  }

  private draw(grid: Grid): void {
    this.grid = grid;
    this.additions.set(NAME, areasOf(grid), this.layers[this.theme]);
  }

  private erase(): void {
    this.grid = null;
    this.additions.remove(NAME);
  }
}

function layerOf(theme: ThemeName): AddedLayer {
  const [least = "", low = "", high = "", most = ""] = DENSITY_COLOURS[theme];
  return {
    id: NAME,
    type: "fill",
    paint: {
      "fill-color": [
        ...["interpolate", ["linear"], ["get", "share"]],
        ...[0, least, 0.4, low, 0.7, high, 1, most],
      ] as never,
      "fill-opacity": 0.72,
      "fill-antialias": false,
    },
  };
}
