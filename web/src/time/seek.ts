/** Which time the bar shows, and where a position of the slider leads. */

import type { Playback } from "../core/playback.ts";

/** A position that is closer to now than this many seconds means live. */
const LIVE_S = 2;

/** Seconds by which a replay may be ahead of its speed; anything more is the time of other data. */
const MAX_LEAD_S = 5;

/**
 * Returns the time to show: that of the fleet, once the fleet has reached the playback.
 *
 * @param fleetTime Unix seconds that the fleet shows, which may still be those before the seek.
 * @param elapsed Seconds since the user went to the playback.
 */
export function timeShown(playback: Playback | null, fleetTime: number, elapsed: number): number {
  if (playback === null) {
    return fleetTime;
  }
  const latest = playback.time + (elapsed + MAX_LEAD_S) * playback.speed;
  const hasFollowed = fleetTime >= playback.time && fleetTime <= latest;
  return playback.speed > 0 && hasFollowed ? fleetTime : playback.time;
}

/** Returns the playback at a time, not before the oldest data; null, which is live, close to now. */
export function playbackAt(
  time: number,
  speed: number,
  { oldest, newest }: { oldest: number; newest: number },
): Playback | null {
  if (time >= newest - LIVE_S) {
    return null;
  }
  return { time: Math.round(Math.max(time, oldest)), speed };
}
