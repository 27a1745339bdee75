/** Prepares the hourly statistics of today for the columns. */

import { HOUR_S, writeMinute } from "../../core/times.ts";
import type { Hour } from "../../history/responses.ts";

/** Returns the Unix seconds at which the day of `now` begins, by the user's calendar. */
export function startOfDay(now: number): number {
  const day = new Date(now * 1_000);
  return day.setHours(0, 0, 0, 0) / 1_000;
}

/**
 * Returns every hour from the one in which the day begins to the one of `now`; hours without traffic,
 * which the server leaves out, have zeros.
 */
export function fillDay(hours: readonly Hour[], start: number, now: number): Hour[] {
  const known = new Map(hours.map((hour) => [hour.hour, hour]));
  const filled: Hour[] = [];
  for (let hour = start - (start % HOUR_S); hour <= now; hour += HOUR_S) {
    filled.push(known.get(hour) ?? { hour, aircraft: 0, state_vectors: 0 });
  }
  return filled;
}

/** Describes the columns in a sentence. */
export function describeHours(hours: readonly Hour[]): string {
  const busiest = hours.reduce((most, hour) => (hour.aircraft > most.aircraft ? hour : most));
  const count = busiest.aircraft.toLocaleString("en");
  return `Busiest hour: from ${writeMinute(busiest.hour)}, with ${count} aircraft.`;
}
