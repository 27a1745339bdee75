/** What the bars show: the tally's numbers with names and colours, in a good order. */

import { CATEGORIES } from "../../core/categories.ts";
import { type System, write } from "../../core/units.ts";
import { GROUND_COLOUR, HIGHEST_M, rampColour, UNKNOWN_COLOUR } from "../../map/altitude-ramp.ts";
import type { ThemeName } from "../../map/theme.ts";
import type { Bar } from "./bars.ts";
import { bandMetres, type Tally } from "./tally.ts";

/** Smaller ones say that the aircraft has not told its category. */
const FIRST_CATEGORY = 2;

/** Gives the countries with most aircraft, the same number by name. */
export function countryBars({ countries }: Tally, most: number): Bar[] {
  return [...countries]
    .map(([name, count]) => ({ name, count }))
    .sort((one, other) => other.count - one.count || one.name.localeCompare(other.name, "en"))
    .slice(0, most);
}

/** Gives the categories with most aircraft; who has not told its own is left out. */
export function categoryBars({ categories }: Tally, most: number): Bar[] {
  return [...categories]
    .map((count, category) => ({ name: CATEGORIES[category] ?? "", count, category }))
    .filter(({ count, category }) => count > 0 && category >= FIRST_CATEGORY)
    .sort((one, other) => other.count - one.count || one.category - other.category)
    .slice(0, most)
    .map(({ name, count }) => ({ name, count }));
}

/** Gives the number by which the stream filters a category. */
export function categoryNumber(name: string): string {
  return String(CATEGORIES.lastIndexOf(name));
}

/** Gives how many have not told their category. */
export function untold({ categories }: Tally): number {
  return categories.subarray(0, FIRST_CATEGORY).reduce((sum, count) => sum + count, 0);
}

/** Gives the bands of altitude in the map's colours, the highest first, and the ground. */
export function altitudeBars(tally: Tally, system: System, theme: ThemeName): Bar[] {
  const band = bandMetres(system);
  const bars: Bar[] = [];
  for (let place = tally.bandCount - 1; place >= 0; place--) {
    const part = Math.min(((place + 0.5) * band) / HIGHEST_M, 1);
    bars.push({
      name: bandName(place, tally.bandCount, band, system),
      count: tally.bands[place] as number,
      colour: rgb(rampColour(part, theme)),
    });
  }
  bars.push({ name: "on the ground", count: tally.onGround, colour: rgb(GROUND_COLOUR[theme]) });
  if (tally.unknownAltitude > 0) {
    bars.push({
      name: "not received",
      count: tally.unknownAltitude,
      colour: rgb(UNKNOWN_COLOUR[theme]),
    });
  }
  return bars;
}

function bandName(place: number, bands: number, band: number, system: System): string {
  if (place === 0) {
    return `below ${write(band, "altitude", system)}`;
  }
  const low = write(place * band, "altitude", system);
  return place === bands - 1 ? `${low} and up` : low;
}

function rgb(colour: readonly number[]): string {
  return `rgb(${colour.join(" ")})`;
}
