/** Chooses the ticks of a time axis, at round times of the user's clock. */

export interface Tick {
  /** Unix seconds. */
  time: number;
  label: string;
  /** Whether the tick is at midnight; its label is the date. */
  isDay: boolean;
}

const DAY_MIN = 24 * 60;
const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY_MIN];
const STEPS_DAYS = [2, 7, 14, 28];

/** Returns at most `limit` ticks (2 or more) between two times in Unix seconds. */
export function ticksOf(from: number, to: number, limit: number): Tick[] {
  const step = stepOf((to - from) / 60, limit);
  const midnight = new Date(from * 1000);
  midnight.setHours(0, 0, 0, 0);
  const [year, month, day] = [midnight.getFullYear(), midnight.getMonth(), midnight.getDate()];
  const ticks: Tick[] = [];
  let last = from - 1;
  for (let minutes = 0; last < to; minutes += step) {
    // Date computes by the clock, so a step across a daylight-saving change is longer or shorter.
    const date = new Date(year, month, day, 0, minutes);
    const time = date.getTime() / 1000;
    if (time > last && time <= to) {
      ticks.push(tickAt(date));
    }
    last = Math.max(last, time);
  }
  return ticks;
}

/** Returns the shortest step in minutes that needs no more ticks than the limit. */
function stepOf(minutes: number, limit: number): number {
  const steps = [...STEPS_MIN, ...STEPS_DAYS.map((days) => days * DAY_MIN)];
  return steps.find((step) => minutes / step <= limit - 1) ?? (steps.at(-1) as number);
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function tickAt(date: Date): Tick {
  const isDay = date.getHours() === 0 && date.getMinutes() === 0;
  return {
    time: date.getTime() / 1000,
    label: (isDay ? DAY : CLOCK).format(date),
    isDay,
  };
}
