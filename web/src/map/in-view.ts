/** Goes through the aircraft in the visible part of the map by keys, from west to east. */

import type { Fleet } from "../stream/fleet.ts";
import type { VisiblePart } from "./visible-part.ts";

/** Returns the slots of the aircraft in the visible part, from west to east. */
export function slotsInView(
  fleet: Fleet,
  part: Pick<VisiblePart, "bounds" | "contains">,
): number[] {
  const [longitudes, latitudes] = [fleet.column("longitude"), fleet.column("latitude")];
  const [[west]] = part.bounds;
  const eastOfWest = (slot: number) => ((((longitudes[slot] as number) - west) % 360) + 360) % 360;
  const slots: number[] = [];
  for (let slot = 0; slot < fleet.end; slot++) {
    // A position that was not received is NaN, which nothing contains.
    if (part.contains(longitudes[slot] as number, latitudes[slot] as number)) {
      slots.push(slot);
    }
  }
  return slots.sort((one, other) => eastOfWest(one) - eastOfWest(other));
}

/** Returns the next of a ring of values, or with -1 the one before; null if there are none. */
export function nextOf(
  values: readonly number[],
  present: number | null,
  step: 1 | -1,
): number | null {
  const index = present === null ? -1 : values.indexOf(present);
  if (index < 0) {
    return values.at(step > 0 ? 0 : -1) ?? null;
  }
  return values[(index + step + values.length) % values.length] ?? null;
}
