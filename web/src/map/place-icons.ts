/** The marks of airports and cities on the map, drawn when a style first names them. */

import type { Map as MapLibre } from "maplibre-gl";
import { make } from "../core/elements.ts";
import { isThemeName, type ThemeName } from "../core/theme.ts";
import { MAP_THEMES } from "./theme.ts";

export type PlaceKind = "airport" | "city";

/** Pixels of the icon; drawn at twice the size for screens of high density. */
const SIZE = 16;
const PIXEL_RATIO = 2;

/** The name of an icon in a style; its kind comes from the feature. */
export function iconName(kind: PlaceKind, theme: ThemeName): string {
  return `${kind}-${theme}`;
}

export function addIcons(map: MapLibre): void {
  map.setMissingStyleImageResolver((id) => {
    const [kind, theme = ""] = id.split("-");
    if ((kind === "airport" || kind === "city") && isThemeName(theme) && !map.hasImage(id)) {
      map.addImage(id, drawIcon(kind, theme), { pixelRatio: PIXEL_RATIO });
    }
  });
}

function drawIcon(kind: PlaceKind, theme: ThemeName): ImageData {
  const side = SIZE * PIXEL_RATIO;
  const canvas = make("canvas", { width: String(side), height: String(side) });
  const context = canvas.getContext("2d");
  if (context === null) {
    return new ImageData(side, side);
  }
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  const colours = MAP_THEMES[theme];
  context.translate(SIZE / 2, SIZE / 2);
  if (kind === "city") {
    drawDot(context, 1.7, colours.city);
  } else {
    drawAirport(context, colours.airport, colours.halo);
  }
  return context.getImageData(0, 0, side, side);
}

/** Draws a circle with a runway across it, as aeronautical charts do. */
function drawAirport(context: CanvasRenderingContext2D, colour: string, halo: string): void {
  drawDot(context, 6, halo);
  drawDot(context, 4.8, colour);
  context.rotate(-Math.PI / 4);
  context.fillStyle = halo;
  context.fillRect(-3.4, -0.9, 6.8, 1.8);
}

function drawDot(context: CanvasRenderingContext2D, radius: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
  context.fill();
}
