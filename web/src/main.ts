/** Puts the page together: the stream into the fleet, the fleet onto the map and into the panel. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import { Page } from "./page.ts";

new Page();
