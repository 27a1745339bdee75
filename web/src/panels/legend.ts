/** The legend of the altitude colours. */

import { effect } from "@preact/signals-core";
import { element, putInto } from "../core/elements.ts";
import { type System, unitOf, write } from "../core/units.ts";
import { HIGHEST_M, rampColour } from "../map/altitude-ramp.ts";
import type { Store } from "../store/store.ts";

/** The highest altitude of the legend and half of it are multiples of this, in the user's units. */
const ROUND: Record<System, number> = { metric: 6_000, nautical: 20_000, imperial: 20_000 };
/** The canvas has one pixel per colour; the style sheet stretches it. */
const WIDTH = 160;

export function renderLegend(store: Store): void {
  const canvas = element<HTMLCanvasElement>("ramp");
  canvas.width = WIDTH;
  canvas.height = 1;
  effect(() => {
    const context = canvas.getContext("2d");
    const part = legendTop(store.units.value) / HIGHEST_M;
    for (let column = 0; column < WIDTH && context !== null; column++) {
      const colour = rampColour((part * column) / (WIDTH - 1), store.themeName.value);
      context.fillStyle = `rgb(${colour.join(" ")})`;
      context.fillRect(column, 0, 1, 1);
    }
  });
  effect(() => {
    const units = store.units.value;
    const top = legendTop(units);
    putInto("ramp-middle", write(top / 2, "altitude", units));
    putInto("ramp-highest", `${write(top, "altitude", units)}+`);
  });
}

/** Returns the altitude at the end of the legend in metres, which is round in the user's units. */
export function legendTop(system: System): number {
  const { factor } = unitOf("altitude", system);
  const most = Math.floor((HIGHEST_M * factor) / ROUND[system]);
  return (most * ROUND[system]) / factor;
}
