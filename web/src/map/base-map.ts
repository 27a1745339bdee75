/** The MapLibre map below the aircraft, with its controls. */

import "./base-map.css";
import {
  AttributionControl,
  type GeoJSONSource,
  Map as MapLibre,
  NavigationControl,
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
import { enlargeTiles } from "./large-tiles.ts";
import { MAP_THEMES } from "./theme.ts";
import workerUrl from "./worker.ts?worker&url";

// A separate file, as MapLibre's default worker needs `blob:` in the Content-Security-Policy.
setWorkerUrl(workerUrl);

export interface BaseMap {
  map: MapLibre;
  /** @param tiles Null shows the geography that comes with the page. */
  show(tiles: Tiles | null, theme: ThemeName): void;
  /** Sets the units of the scale. */
  setUnits(system: System): void;
}

export function createBaseMap(container: HTMLElement, place: Place): BaseMap {
  const map = new MapLibre({
    container,
    center: [place.longitude, place.latitude],
    zoom: place.zoom,
    minZoom: 0.5,
    maxZoom: 14,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: false,
    fadeDuration: 150,
  });
  map.touchZoomRotate.disableRotation();
  map.on("style.load", () => {
    const ground = map.getSource<GeoJSONSource>(GROUND);
    if (ground !== undefined) {
      enlargeTiles(ground);
    }
  });
  map.addControl(
    new AttributionControl({ compact: false, customAttribution: OPENSKY_ATTRIBUTION }),
    "bottom-right",
  );
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  const bar = new ScaleControl({ maxWidth: 130 * screenScale() });
  map.addControl(bar, "bottom-left");
  let shown = "";
  const show = (tiles: Tiles | null, theme: ThemeName) => {
    const scale = screenScale();
    const wanted = JSON.stringify([tiles, theme, scale]);
    if (wanted === shown) {
      return; // the first view shows it before the rest of the page does
    }
    shown = wanted;
    const style =
      tiles === null ? geographyStyle(MAP_THEMES[theme], scale) : tileStyle(tiles, theme);
    // MapLibre would draw a background layer tile by tile.
    const sea = tiles === null ? MAP_THEMES[theme].sea : "";
    container.style.backgroundColor ||= sea;
    map.setStyle(style, { diff: true });
    void map.once("idle", () => {
      // After the land, which the worker colours again for another theme.
      container.style.backgroundColor = sea;
      element("loading").hidden = true;
      performance.mark("ground-drawn");
    });
  };
  let showAgain = () => {};
  map.on("resize", () => showAgain());
  return {
    map,
    setUnits: (system) => bar.setUnit(system),
    show: (tiles, theme) => {
      showAgain = () => show(tiles, theme);
      showAgain();
    },
  };
}
