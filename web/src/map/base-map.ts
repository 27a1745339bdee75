/** The MapLibre map below the aircraft, with its controls. */

import "./base-map.css";
import {
  AttributionControl,
  type GeoJSONSource,
  Map as MapLibre,
  NavigationControl,
  prewarm,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import type { Tiles } from "../core/configuration.ts";
import { element } from "../core/elements.ts";
import { screenScale } from "../core/screen.ts";
import type { ThemeName } from "../core/theme.ts";
import type { System } from "../core/units.ts";
import type { Place } from "../store/address.ts";
import { GROUND, geographyStyle, OPENSKY_ATTRIBUTION, tileStyle } from "./base-style.ts";
import { DetailLevel } from "./detail.ts";
import { enlargeTiles } from "./large-tiles.ts";
import { keepAdditions } from "./map-additions.ts";
import { addIcons } from "./place-icons.ts";
import { PLACES } from "./places-style.ts";
import { MAP_THEMES } from "./theme.ts";
import workerUrl from "./worker.ts?worker&url";

// A separate file, as MapLibre's default worker needs `blob:` in the Content-Security-Policy.
setWorkerUrl(workerUrl);

/** How long the ground waits for the aircraft, which are what the page is for, after the page has begun. */
const MAX_WAIT_MS = 1_000;

export interface BaseMap {
  map: MapLibre;
  /** @param tiles Null shows the geography that comes with the page. */
  show(tiles: Tiles | null, theme: ThemeName): void;
  /** Draws what is shown; before the first call it waits for a second at most. */
  begin(): void;
  /** Sets the units of the scale. */
  setUnits(system: System): void;
}

export function createBaseMap(container: HTMLElement, place: Place): BaseMap {
  // The workers start while the rest of the page is loading.
  prewarm();
  const map = new MapLibre({
    container,
    center: [place.longitude, place.latitude],
    zoom: place.zoom,
    minZoom: 0.5,
    maxZoom: 14,
    // Shift with a drag selects the aircraft in a box.
    boxZoom: false,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: false,
    fadeDuration: 150,
  });
  map.touchZoomRotate.disableRotation();
  map.on("style.load", () => {
    for (const name of [GROUND, PLACES]) {
      const source = map.getSource<GeoJSONSource>(name);
      if (source !== undefined) {
        enlargeTiles(source);
      }
    }
  });
  addIcons(map);
  map.addControl(
    new AttributionControl({ compact: false, customAttribution: OPENSKY_ATTRIBUTION }),
    "bottom-right",
  );
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  const bar = new ScaleControl({ maxWidth: 130 * screenScale() });
  map.addControl(bar, "bottom-left");
  const { show, begin } = new Ground(map, container);
  return { map, setUnits: (system) => bar.setUnit(system), show, begin };
}

/**
 * What lies below the aircraft: the coarse geography first, and more detail once that is drawn and needed.
 *
 * Without a graphics card its first frames take a second, in which the aircraft could not be drawn: it
 * waits for them. On a slow line it does not wait until their script has been loaded.
 */
class Ground {
  private readonly map: MapLibre;
  private readonly container: HTMLElement;
  private readonly level = new DetailLevel();
  private shown = "";
  private isWaiting = true;
  private repeat: () => void = () => undefined;

  constructor(map: MapLibre, container: HTMLElement) {
    this.map = map;
    this.container = container;
    setTimeout(this.begin, MAX_WAIT_MS);
    map.on("resize", () => this.draw());
    map.once("idle", () => {
      this.refine();
      map.on("zoomend", () => this.refine());
    });
  }

  readonly show = (tiles: Tiles | null, theme: ThemeName): void => {
    this.repeat = () => this.setStyle(tiles, theme);
    this.draw();
  };

  readonly begin = (): void => {
    this.isWaiting = false;
    this.draw();
  };

  private draw(): void {
    if (!this.isWaiting) {
      this.repeat();
    }
  }

  /** Shows tiles or the packaged geography; the first view does so before the rest of the page does. */
  private setStyle(tiles: Tiles | null, theme: ThemeName): void {
    const { map, container } = this;
    const { detail } = this.level;
    const scale = screenScale();
    const wanted = JSON.stringify([tiles, theme, scale, detail]);
    if (wanted === this.shown) {
      return;
    }
    this.shown = wanted;
    const style =
      tiles === null
        ? geographyStyle(theme, detail, scale)
        : tileStyle(tiles, theme, detail, scale);
    // MapLibre would draw a background layer tile by tile.
    const sea = tiles === null ? MAP_THEMES[theme].sea : "";
    container.style.backgroundColor ||= sea;
    map.setStyle(style, { diff: true, transformStyle: keepAdditions });
    void map.once("idle", () => {
      // After the land, which the worker colours again for another theme.
      container.style.backgroundColor = sea;
      element("loading").hidden = true;
      performance.mark("ground-drawn");
    });
  }

  /** Loads what the zoom level needs; meanwhile the map shows what it has. */
  private refine(): void {
    if (this.level.reach(this.map.getZoom())) {
      this.draw();
      void this.map.once("idle", () => performance.mark("detail-drawn"));
    }
  }
}
