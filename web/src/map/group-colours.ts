/** The colours of selected aircraft, which stay the same while an aircraft is selected. */

import type { ThemeName } from "../core/theme.ts";
import type { Colour } from "./altitude-ramp.ts";

/** Colours that people with a colour deficiency can distinguish, after Okabe and Ito, by lightness too. */
const COLOURS: Record<ThemeName, readonly Colour[]> = {
  dark: [
    [86, 180, 233],
    [240, 228, 66],
    [230, 120, 190],
    [0, 200, 140],
    [255, 150, 50],
    [170, 150, 255],
    [230, 230, 230],
    [190, 120, 70],
  ],
  light: [
    [0, 98, 178],
    [150, 90, 0],
    [180, 40, 130],
    [0, 110, 75],
    [205, 70, 0],
    [95, 60, 190],
    [60, 60, 60],
    [110, 60, 25],
  ],
};

/** Returns the number of the colour of each aircraft: the one it had, or else the least that is free. */
export function assignColours(
  before: ReadonlyMap<string, number>,
  icao24s: readonly string[],
): Map<string, number> {
  const kept = icao24s.filter((icao24) => before.has(icao24));
  const numbers = new Map(kept.map((icao24) => [icao24, before.get(icao24) as number]));
  const taken = new Set(numbers.values());
  for (const icao24 of icao24s) {
    if (!numbers.has(icao24)) {
      let number = 0;
      while (taken.has(number)) {
        number += 1;
      }
      taken.add(number);
      numbers.set(icao24, number);
    }
  }
  return numbers;
}

/** Returns a colour by its number; beyond the last one they begin again. */
export function groupColour(number: number, theme: ThemeName): Colour {
  const colours = COLOURS[theme];
  return colours[number % colours.length] ?? [128, 128, 128];
}
