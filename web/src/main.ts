/** The entry point of the page. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import { Page } from "./page.ts";

new Page();
