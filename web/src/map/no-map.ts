/** Stands in for the map in a browser without WebGL 2: all other parts of the page work. */

import "./no-map.css";
import { element, make } from "../core/elements.ts";
import type { MapView } from "./map-view.ts";

/** What the other parts of the page use of the map. */
export interface MapPart
  extends Pick<MapView, "isVisible" | "flyToSelected" | "flyToHome" | "selectNext"> {
  area: Pick<MapView["area"], "draw" | "visible">;
  picking: Pick<MapView["picking"], "pick">;
  following: Pick<MapView["following"], "toggle">;
}

/** Whether the browser can draw the map. */
export function canDrawMap(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  // A browser has few contexts, and the map needs one of them.
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** Says in the place of the map what is missing, and what works without it. */
export function showNoMap(host: HTMLElement): MapPart {
  host.append(
    make(
      "div",
      { class: "no-map card", role: "alert" },
      make("h2", {}, "The map cannot be drawn"),
      make(
        "p",
        {},
        "This browser has no WebGL 2, or it is turned off. Turn on hardware acceleration in the " +
          "browser's settings, update the browser, or use another one.",
      ),
      make("p", {}, "The table, the search, the filters and the statistics work without a map."),
    ),
  );
  element("loading").hidden = true;
  element("follow").hidden = true;
  return {
    isVisible: () => true,
    flyToSelected: () => undefined,
    flyToHome: () => undefined,
    selectNext: () => undefined,
    picking: { pick: async () => null },
    area: { draw: async () => null, visible: () => null },
    following: { toggle: () => undefined },
  };
}
