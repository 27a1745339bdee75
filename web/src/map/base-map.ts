/** The base map, on which everything else is drawn. */

import {
  AttributionControl,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Place } from "../address.ts";
import type { System } from "../panel/units.ts";
import { baseStyle } from "./base-style.ts";
import type { Geography } from "./geography.ts";
import { MAP_THEMES, type ThemeName } from "./theme.ts";

// A file of its own, so that the page's Content-Security-Policy needs no `blob:`.
setWorkerUrl(workerUrl);

export interface BaseMap {
  map: MapLibre;
  show(geography: Geography, theme: ThemeName): void;
  /** Writes the scale's distances in these units. */
  measureIn(system: System): void;
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
  map.addControl(new AttributionControl({ compact: false }), "bottom-right");
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  const scale = new ScaleControl();
  map.addControl(scale, "bottom-left");
  return {
    map,
    measureIn: (system) => scale.setUnit(system),
    show: (geography, theme) =>
      map.setStyle(baseStyle(geography, MAP_THEMES[theme]), { diff: true }),
  };
}
