/** The stretch of time that the slider covers: up to now, or a day. */

export interface Span {
  /** Unix seconds. */
  from: number;
  to: number;
}

/** Seconds up to now, or a day of the reader's calendar as `2026-09-21`. */
export type SpanChoice = number | string;

export const HOUR_S = 3_600;

export const ROLLING: readonly { seconds: number; name: string }[] = [
  { seconds: HOUR_S, name: "last hour" },
  { seconds: 6 * HOUR_S, name: "last 6 hours" },
  { seconds: 24 * HOUR_S, name: "last 24 hours" },
  { seconds: 7 * 24 * HOUR_S, name: "last 7 days" },
];

/** A day that has only begun is at least this long. */
const SHORTEST_S = 60;

/** Who stands still near the beginning is not left behind at once: it reaches a little further. */
const LEEWAY = 0.1;

/** Gives the span of a choice, when now is `newest` and the map shows `time`. */
export function spanOf(choice: SpanChoice, newest: number, time = newest): Span {
  if (typeof choice === "number") {
    const furthest = newest - choice * (1 + LEEWAY);
    return { from: Math.min(newest - choice, Math.max(time, furthest)), to: newest };
  }
  const [year = 0, month = 1, day = 1] = choice.split("-").map(Number);
  // By the calendar: a day may have 23 or 25 hours.
  const from = new Date(year, month - 1, day).getTime() / 1000;
  const end = new Date(year, month - 1, day + 1).getTime() / 1000;
  return { from, to: Math.max(Math.min(end, newest), from + SHORTEST_S) };
}

/** Gives the choice that shows a time: the present one if it does, else the shortest that does. */
export function choiceThatShows(time: number, choice: SpanChoice, newest: number): SpanChoice {
  const { from, to } = spanOf(choice, newest, time);
  if (time >= from && time <= to) {
    return choice;
  }
  const rolling = ROLLING.find(({ seconds }) => time >= newest - seconds && time <= newest);
  return rolling?.seconds ?? dayOf(time);
}

/** Gives the day of the reader's calendar, as a date field has it. */
export function dayOf(time: number): string {
  const date = new Date(time * 1000);
  const month = String(date.getMonth() + 1).padStart(2, "0");
  const day = String(date.getDate()).padStart(2, "0");
  return `${date.getFullYear()}-${month}-${day}`;
}
