/** Today's traffic by the hour, out of the archive. */

import type { Hour } from "../../history/answers.ts";
import { writeMinute } from "../../time/write-time.ts";

const HOUR_S = 3_600;

/** Gives the Unix seconds at which the reader's day has begun. */
export function beginOfDay(now: number): number {
  const day = new Date(now * 1_000);
  return day.setHours(0, 0, 0, 0) / 1_000;
}

/**
 * Gives every hour from the one in which the day began to the one of now; those without traffic,
 * which the archive leaves out, have none.
 */
export function fillDay(hours: readonly Hour[], begin: number, now: number): Hour[] {
  const known = new Map(hours.map((hour) => [hour.hour, hour]));
  const filled: Hour[] = [];
  for (let hour = begin - (begin % HOUR_S); hour <= now; hour += HOUR_S) {
    filled.push(known.get(hour) ?? { hour, aircraft: 0, state_vectors: 0 });
  }
  return filled;
}

/** Says in words what the columns show. */
export function describeDay(hours: readonly Hour[]): string {
  const busiest = hours.reduce((most, hour) => (hour.aircraft > most.aircraft ? hour : most));
  const count = busiest.aircraft.toLocaleString("en");
  return `Busiest from ${writeMinute(busiest.hour)} on: ${count} aircraft in an hour.`;
}
