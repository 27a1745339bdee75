/** The bars behind the slider, which show how much data is stored of each hour. */

import { HOUR_S } from "../core/times.ts";
import type { Hour } from "../history/responses.ts";
import type { TimeRange } from "./time-range.ts";

export interface HourBar {
  /** Unix seconds, within the range. */
  from: number;
  to: number;
  /** The height relative to the fullest hour of the range: above 0, at most 1. */
  height: number;
}

export function barsOf(hours: readonly Hour[], range: TimeRange): HourBar[] {
  const visible = hours.filter(
    (hour) => amountOf(hour) > 0 && hour.hour < range.to && hour.hour + HOUR_S > range.from,
  );
  const most = Math.max(...visible.map(amountOf));
  return visible.map((hour) => ({
    from: Math.max(hour.hour, range.from),
    to: Math.min(hour.hour + HOUR_S, range.to),
    height: amountOf(hour) / most,
  }));
}

/** Returns the number of state vectors; that of aircraft if the user may only see certain areas. */
function amountOf({ aircraft, state_vectors }: Hour): number {
  return state_vectors ?? aircraft;
}
