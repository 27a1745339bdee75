/** The base map, on which everything else is drawn. */

import {
  AttributionControl,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import type { Tiles } from "../core/configuration.ts";
import type { ThemeName } from "../core/theme.ts";
import type { System } from "../core/units.ts";
import type { Place } from "../store/address.ts";
import { baseStyle, FLIGHTS, tileStyle } from "./base-style.ts";
import { MAP_THEMES } from "./theme.ts";
import workerUrl from "./worker.ts?worker&url";

// A file of its own, so that the page's Content-Security-Policy needs no `blob:`.
setWorkerUrl(workerUrl);

export interface BaseMap {
  map: MapLibre;
  /** @param tiles Null for the geography that comes with the page. */
  show(tiles: Tiles | null, theme: ThemeName): void;
  /** Writes the scale's distances in these units. */
  measureIn(system: System): void;
  /** Says whether a place is on the screen; cheap enough to be asked about every aircraft. */
  isVisible(longitude: number, latitude: number): boolean;
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
  map.addControl(
    new AttributionControl({ compact: false, customAttribution: FLIGHTS }),
    "bottom-right",
  );
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  let bounds = map.getBounds();
  map.on("move", () => {
    bounds = map.getBounds();
  });
  const scale = new ScaleControl({ maxWidth: 130 });
  map.addControl(scale, "bottom-left");
  return {
    map,
    isVisible: (longitude, latitude) => {
      const east = (((longitude - bounds.getWest()) % 360) + 360) % 360;
      return (
        east <= bounds.getEast() - bounds.getWest() &&
        latitude >= bounds.getSouth() &&
        latitude <= bounds.getNorth()
      );
    },
    measureIn: (system) => scale.setUnit(system),
    show: (tiles, theme) => {
      const style = tiles === null ? baseStyle(MAP_THEMES[theme]) : tileStyle(tiles, theme);
      map.setStyle(style, { diff: true });
      void map.once("idle", () => performance.mark("ground-drawn"));
    },
  };
}
