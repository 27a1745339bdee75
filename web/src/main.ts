/** The entry point of the page: the ground comes first, then everything else of the first view. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import { element, putInto } from "./core/elements.ts";
import { drawFirstView } from "./first-view.ts";

putInto("loading", "Loading the ground and the aircraft …");
const first = drawFirstView();
try {
  const { Page } = await import("./page.ts");
  new Page(first);
} catch (error) {
  element("loading").hidden = false;
  putInto("loading", "A part of the page could not be loaded. Reload the page.");
  throw error;
}
