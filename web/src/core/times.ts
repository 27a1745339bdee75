/** Writes times for people: the user's own clock, UTC beside it, and durations. */

export const HOUR_S = 3_600;

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const UTC = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" });
const DATE = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const LONG_DATE = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
});

/** Writes `14:13:20`. Times are Unix seconds, here and below. */
export function writeClock(time: number): string {
  return CLOCK.format(time * 1000);
}

/** Writes `14:13`. */
export function writeMinute(time: number): string {
  return MINUTE.format(time * 1000);
}

/** Writes `Mon 21 Sep 2026`. */
export function writeDate(time: number): string {
  // Some browsers put a comma after the weekday.
  return DATE.format(time * 1000).replace(",", "");
}

/** Writes `12:13:20 UTC`. */
export function writeUtc(time: number): string {
  return `${UTC.format(time * 1000)} UTC`;
}

/** Writes date and time in UTC: `2026-09-21T12:13:20Z`. */
export function writeIso(time: number): string {
  return `${new Date(Math.floor(time) * 1000).toISOString().slice(0, -5)}Z`;
}

/** Writes a time for screen readers, to the minute, so that it is not read out every second. */
export function writeSpokenTime(time: number, newest: number): string {
  const date = LONG_DATE.format(time * 1000).replace(",", "");
  return `${writeMinute(time)}, ${date}, ${writeDuration(newest - time)} ago`;
}

/** Writes `45 s`, `12 min`, `2 h 7 min` or `3 d 4 h`. */
export function writeDuration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 2) {
    return `${Math.max(0, Math.round(seconds))} s`;
  }
  if (hours === 0) {
    return `${minutes} min`;
  }
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
