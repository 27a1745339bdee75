/** The legend of the altitudes' colours. */

import { element, say } from "../core/elements.ts";
import { type System, write } from "../core/units.ts";
import { HIGHEST_M, rampColour } from "../map/altitude-ramp.ts";
import type { ThemeName } from "../map/theme.ts";

const WIDTH = 160;

export function showLegend(theme: ThemeName, system: System): void {
  const canvas = element<HTMLCanvasElement>("ramp");
  canvas.width = WIDTH;
  canvas.height = 1;
  const pen = canvas.getContext("2d");
  for (let column = 0; column < WIDTH; column++) {
    if (pen !== null) {
      pen.fillStyle = `rgb(${rampColour(column / (WIDTH - 1), theme).join(" ")})`;
      pen.fillRect(column, 0, 1, 1);
    }
  }
  say("ramp-middle", write(HIGHEST_M / 2, "altitude", system));
  say("ramp-highest", `${write(HIGHEST_M, "altitude", system)}+`);
}
