/** The legend of the shapes of aircraft, which is drawn when it is opened. */

import "./shape-legend.css";
import { element, make } from "../core/elements.ts";
import { drawShape, SHAPE_UNITS } from "../map/shape-atlas.ts";
import { OUTLINES, SHAPES, type Shape } from "../map/shape-outlines.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";

/** The canvases have twice the pixels of the page, for screens with more. */
const SIDE_PX = 64;

export function renderShapeLegend(store: Store): void {
  const legend = element<HTMLDetailsElement>("shapes");
  const draw = () => {
    if (legend.open) {
      const { color } = getComputedStyle(legend);
      element("shape-list").replaceChildren(...SHAPES.map((shape) => row(shape, color)));
    }
  };
  legend.addEventListener("toggle", draw);
  watch(() => store.themeName.value, draw);
}

function row(shape: Shape, colour: string): HTMLElement {
  const canvas = make("canvas", { "aria-hidden": "true" });
  canvas.width = SIDE_PX;
  canvas.height = SIDE_PX;
  const pen = canvas.getContext("2d");
  if (pen !== null) {
    const { name, size } = OUTLINES[shape];
    const scale = (SIDE_PX / SHAPE_UNITS) * Math.min(size, 1);
    pen.setTransform(scale, 0, 0, scale, SIDE_PX / 2, SIDE_PX / 2);
    drawShape(pen, shape, colour, "transparent");
    return make("li", {}, canvas, name);
  }
  return make("li", {}, OUTLINES[shape].name);
}
