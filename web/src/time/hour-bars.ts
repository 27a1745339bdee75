/** How much was stored in each hour, as bars behind the slider. */

import type { Hour } from "../history/answers.ts";
import { HOUR_S, type Span } from "./span.ts";

export interface Bar {
  /** Unix seconds, within the span. */
  from: number;
  to: number;
  /** Against the fullest hour of the span: above 0, at most 1. */
  part: number;
}

export function barsOf(hours: readonly Hour[], span: Span): Bar[] {
  const seen = hours.filter(
    (hour) => heightOf(hour) > 0 && hour.hour < span.to && hour.hour + HOUR_S > span.from,
  );
  const most = Math.max(...seen.map(heightOf));
  return seen.map((hour) => ({
    from: Math.max(hour.hour, span.from),
    to: Math.min(hour.hour + HOUR_S, span.to),
    part: heightOf(hour) / most,
  }));
}

/** The aircraft stand for the state vectors where these are not counted. */
function heightOf({ aircraft, state_vectors }: Hour): number {
  return state_vectors ?? aircraft;
}
