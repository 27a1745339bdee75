/** Counts the fleet in one pass: the numbers in the page's header, and the emergencies. */

import { isEmergency } from "../core/squawks.ts";
import type { Fleet } from "../stream/fleet.ts";

export interface FleetCounts {
  aircraft: number;
  airborne: number;
  /** The newest `last_contact` of any aircraft in Unix seconds; NaN if there is none. */
  newest: number;
  /** The slots of the aircraft that send an emergency code. */
  emergencies: number[];
}

/** A longer delay cannot be explained by one poll, even at the longest interval that credits allow. */
const LATE_S = 180;

export function countFleet(fleet: Fleet): FleetCounts {
  const counts: FleetCounts = {
    aircraft: fleet.size,
    airborne: 0,
    newest: Number.NaN,
    emergencies: [],
  };
  const grounded = fleet.column("on_ground");
  const squawks = fleet.texts("squawk");
  const contacts = fleet.column("last_contact");
  for (let slot = 0; slot < fleet.end; slot++) {
    if (fleet.icao24[slot] == null) {
      continue;
    }
    counts.airborne += grounded[slot] === 0 ? 1 : 0;
    const contact = contacts[slot] as number;
    if (contact > counts.newest || Number.isNaN(counts.newest)) {
      counts.newest = contact;
    }
    if (isEmergency(squawks[slot])) {
      counts.emergencies.push(slot);
    }
  }
  return counts;
}

/** Whether the newest data are old at `now` (Unix seconds), or missing. */
export function isLate(counts: FleetCounts, now: number): boolean {
  return !(now - counts.newest <= LATE_S);
}
