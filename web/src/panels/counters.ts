/** Counters of the whole picture, and how the stream is doing. */

import { element, say } from "../core/elements.ts";
import { writeAge } from "../core/units.ts";
import { isEmergency } from "../map/aircraft-buffers.ts";
import type { FeedState } from "../stream/feed.ts";
import type { Fleet } from "../stream/fleet.ts";

export interface Counts {
  aircraft: number;
  airborne: number;
  /** Unix seconds of the newest message that any aircraft has sent; NaN if there is none. */
  newest: number;
  /** Slots with an emergency's transponder code. */
  emergencies: number[];
}

const WORDS: Record<FeedState, string> = {
  connecting: "connecting",
  live: "live",
  stale: "stale",
  offline: "offline",
  refused: "refused",
  paused: "paused",
  replay: "replay",
  still: "standing still",
};

/** One pass over the fleet. */
export function count(fleet: Fleet): Counts {
  const counts: Counts = { aircraft: fleet.size, airborne: 0, newest: Number.NaN, emergencies: [] };
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

/** From here on the delay is more than one poll that the credits have stretched. */
const LATE_S = 180;

/** Says whether the newest data are old, or there are none. */
export function isLate(counts: Counts, now: number): boolean {
  return !(now - counts.newest <= LATE_S);
}

export function showCounts(counts: Counts, now: number): void {
  say("aircraft", counts.aircraft.toLocaleString("en"));
  say("airborne", counts.airborne.toLocaleString("en"));
  say("delay", writeAge(now - counts.newest));
  element("delay").classList.toggle("is-late", counts.aircraft > 0 && isLate(counts, now));
}

export function showConnection(state: FeedState, reason: string): void {
  const place = element("connection");
  place.dataset.state = state;
  document.body.dataset.connection = state;
  say("connection", reason === "" ? WORDS[state] : `${WORDS[state]}: ${reason}`);
}
