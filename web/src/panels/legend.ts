/** The legend of the altitude colours. */

import { effect } from "@preact/signals-core";
import { element, putInto } from "../core/elements.ts";
import { write } from "../core/units.ts";
import { HIGHEST_M, rampColour } from "../map/altitude-ramp.ts";
import type { Store } from "../store/store.ts";

/** The canvas has one pixel per colour; the style sheet stretches it. */
const WIDTH = 160;

export function renderLegend(store: Store): void {
  const canvas = element<HTMLCanvasElement>("ramp");
  canvas.width = WIDTH;
  canvas.height = 1;
  effect(() => {
    const context = canvas.getContext("2d");
    for (let column = 0; column < WIDTH && context !== null; column++) {
      const colour = rampColour(column / (WIDTH - 1), store.themeName.value);
      context.fillStyle = `rgb(${colour.join(" ")})`;
      context.fillRect(column, 0, 1, 1);
    }
  });
  effect(() => {
    const units = store.units.value;
    putInto("ramp-middle", write(HIGHEST_M / 2, "altitude", units));
    putInto("ramp-highest", `${write(HIGHEST_M, "altitude", units)}+`);
  });
}
