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
    ({ hour, state_vectors }) => state_vectors > 0 && hour < span.to && hour + HOUR_S > span.from,
  );
  const most = Math.max(...seen.map((hour) => hour.state_vectors));
  return seen.map(({ hour, state_vectors }) => ({
    from: Math.max(hour, span.from),
    to: Math.min(hour + HOUR_S, span.to),
    part: state_vectors / most,
  }));
}
