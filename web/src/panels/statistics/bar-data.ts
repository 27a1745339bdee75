/** Turns a summary of the fleet into bars: with names and colours, the greatest first. */

import { CATEGORIES, FIRST_CATEGORY } from "../../core/categories.ts";
import type { ThemeName } from "../../core/theme.ts";
import { type System, write } from "../../core/units.ts";
import { GROUND_COLOUR, HIGHEST_M, rampColour, UNKNOWN_COLOUR } from "../../map/altitude-ramp.ts";
import type { Bar } from "./bars.ts";
import { bandMetres, type FleetSummary } from "./fleet-summary.ts";

/** Returns the countries with the most aircraft; equal ones are sorted by name. */
export function countryBars({ countries }: FleetSummary, limit: number): Bar[] {
  return [...countries]
    .map(([name, count]) => ({ name, count }))
    .sort((one, other) => other.count - one.count || one.name.localeCompare(other.name, "en"))
    .slice(0, limit);
}

/** Returns the categories with the most aircraft, without aircraft that sent none. */
export function categoryBars({ categories }: FleetSummary, limit: number): Bar[] {
  return [...categories]
    .map((count, category) => ({ name: CATEGORIES[category] ?? "", count, category }))
    .filter(({ count, category }) => count > 0 && category >= FIRST_CATEGORY)
    .sort((one, other) => other.count - one.count || one.category - other.category)
    .slice(0, limit)
    .map(({ name, count }) => ({ name, count }));
}

/** Returns the number that the filter `category` takes for a name. */
export function categoryNumber(name: string): string {
  return String(CATEGORIES.lastIndexOf(name));
}

/** Returns the number of aircraft that have not sent their category. */
export function withoutCategory({ categories }: FleetSummary): number {
  return categories.subarray(0, FIRST_CATEGORY).reduce((sum, count) => sum + count, 0);
}

/** Returns the altitude bands in the map's colours, the highest first, then the ground. */
export function altitudeBars(summary: FleetSummary, system: System, theme: ThemeName): Bar[] {
  const band = bandMetres(system);
  const bars: Bar[] = [];
  for (let index = summary.bandCount - 1; index >= 0; index--) {
    const part = Math.min(((index + 0.5) * band) / HIGHEST_M, 1);
    bars.push({
      name: bandName(index, summary.bandCount, band, system),
      count: summary.bands[index] as number,
      colour: rgb(rampColour(part, theme)),
    });
  }
  bars.push({ name: "on the ground", count: summary.onGround, colour: rgb(GROUND_COLOUR[theme]) });
  if (summary.unknownAltitude > 0) {
    bars.push({
      name: "not received",
      count: summary.unknownAltitude,
      colour: rgb(UNKNOWN_COLOUR[theme]),
    });
  }
  return bars;
}

function bandName(index: number, bands: number, band: number, system: System): string {
  if (index === 0) {
    return `below ${write(band, "altitude", system)}`;
  }
  const low = write(index * band, "altitude", system);
  return index === bands - 1 ? `${low} and up` : low;
}

function rgb(colour: readonly number[]): string {
  return `rgb(${colour.join(" ")})`;
}
