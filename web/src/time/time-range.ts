/** The time range that the slider covers: the last hours up to now, or a day. */

import { HOUR_S } from "../core/times.ts";

export interface TimeRange {
  /** Unix seconds. */
  from: number;
  to: number;
}

/** A number of seconds up to now, or a day of the user's calendar as `2026-09-21`. */
export type RangeChoice = number | string;

export const ROLLING_RANGES: readonly { seconds: number; name: string }[] = [
  { seconds: HOUR_S, name: "last hour" },
  { seconds: 6 * HOUR_S, name: "last 6 hours" },
  { seconds: 24 * HOUR_S, name: "last 24 hours" },
  { seconds: 7 * 24 * HOUR_S, name: "last 7 days" },
];

/** The range of a day that has just begun has at least this many seconds. */
const MIN_RANGE_S = 60;

/** A rolling range may grow by this part, so that a paused time near its start stays inside a while. */
const LEEWAY = 0.1;

/** Returns the range of a choice, if now is `newest` and the map shows `time` (Unix seconds). */
export function rangeOf(choice: RangeChoice, newest: number, time = newest): TimeRange {
  if (typeof choice === "number") {
    const earliest = newest - choice * (1 + LEEWAY);
    return { from: Math.min(newest - choice, Math.max(time, earliest)), to: newest };
  }
  const [year = 0, month = 1, day = 1] = choice.split("-").map(Number);
  // Days are computed by the calendar, because some have 23 or 25 hours.
  const from = new Date(year, month - 1, day).getTime() / 1000;
  const end = new Date(year, month - 1, day + 1).getTime() / 1000;
  return { from, to: Math.max(Math.min(end, newest), from + MIN_RANGE_S) };
}

/** Returns a choice that contains a time: the present one if it does, otherwise the shortest one. */
export function choiceWith(time: number, choice: RangeChoice, newest: number): RangeChoice {
  const { from, to } = rangeOf(choice, newest, time);
  if (time >= from && time <= to) {
    return choice;
  }
  const rolling = ROLLING_RANGES.find(({ seconds }) => time >= newest - seconds && time <= newest);
  return rolling?.seconds ?? dayOf(time);
}

/** Returns the day of a time by the user's calendar, in the format of a date field. */
export function dayOf(time: number): string {
  const date = new Date(time * 1000);
  const month = String(date.getMonth() + 1).padStart(2, "0");
  const day = String(date.getDate()).padStart(2, "0");
  return `${date.getFullYear()}-${month}-${day}`;
}
