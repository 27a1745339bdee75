/** Says why a map of the past is empty: nothing is stored for that time. */

import { writeDate, writeMinute } from "../core/times.ts";
import type { FeedState } from "../stream/feed.ts";

export interface PastView {
  /** Unix seconds that the map shows. */
  now: number;
  /** Unix seconds of the oldest stored hour; 0 while it is not known. */
  oldest: number;
  aircraft: number;
  hasFilters: boolean;
  state: FeedState;
}

/** Returns a sentence for the user; empty if aircraft are shown, or none are because of a filter. */
export function emptyPastReason({ now, oldest, aircraft, hasFilters, state }: PastView): string {
  const isShown = state === "still" || state === "replay";
  if (!isShown || aircraft > 0) {
    return "";
  }
  if (now < oldest) {
    const first = `${writeMinute(oldest)}, ${writeDate(oldest)}`;
    return `Nothing is stored before ${first}. Choose a later time.`;
  }
  return hasFilters ? "" : "Nothing is stored for this time. Choose another one.";
}
