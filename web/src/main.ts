/** The entry point of the page: prepares the map while everything else of the first view is loading. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import { element, putInto } from "./core/elements.ts";
import { drawFirstView } from "./first-view.ts";

putInto("loading", "Loading the ground and the aircraft …");
const rest = import("./page.ts");
try {
  const first = drawFirstView();
  const { Page } = await rest;
  new Page(first);
} catch (error) {
  element("loading").hidden = false;
  putInto("loading", "A part of the page could not be loaded. Reload the page.");
  throw error;
}
