/** Describes a past flight in a few words. */

import { writeDate, writeDuration, writeMinute } from "../core/times.ts";
import { type System, write } from "../core/units.ts";
import type { Flight } from "../history/responses.ts";
import { dayOf } from "./time-range.ts";

/** Writes when it was received: `Mon 21 Sep 2026, 14:13 to 16:20, 2 h 7 min`. */
export function writeSeen({ first_seen, last_seen }: Flight): string {
  const isOvernight = dayOf(first_seen) !== dayOf(last_seen);
  const end = `${writeMinute(last_seen)}${isOvernight ? ` on ${writeDate(last_seen)}` : ""}`;
  const duration = writeDuration(last_seen - first_seen);
  return `${writeDate(first_seen)}, ${writeMinute(first_seen)} to ${end}, ${duration}`;
}

/** Writes take-off and landing, as far as they were seen. */
export function writeEnds({ take_off, landing }: Flight): string {
  if (take_off === null && landing === null) {
    return "take-off and landing not seen";
  }
  const began = take_off === null ? "take-off not seen" : `took off ${writeMinute(take_off)}`;
  const ended = landing === null ? "landing not seen" : `landed ${writeMinute(landing)}`;
  return `${began}, ${ended}`;
}

/** Writes how many positions and altitudes are implausible and left out; empty if none. */
export function writeLeftOut(flight: Flight): string {
  const counted = [
    ...countOf(flight.implausible_positions ?? 0, "position"),
    ...countOf(flight.implausible_altitudes ?? 0, "altitude"),
  ];
  return counted.length === 0 ? "" : `${counted.join(" and ")} left out`;
}

function countOf(count: number, what: string): string[] {
  return count > 0
    ? [`${count.toLocaleString("en")} implausible ${what}${count === 1 ? "" : "s"}`]
    : [];
}

/** Writes the distance and the greatest altitude. */
export function writeReach({ distance_km, max_altitude }: Flight, system: System): string {
  const reach = [
    ...(distance_km === null ? [] : [write(distance_km, "distance", system)]),
    ...(max_altitude === null ? [] : [`up to ${write(max_altitude, "altitude", system)}`]),
  ];
  return reach.join(", ");
}
