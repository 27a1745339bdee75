/** A moment of the past, standing still or moving; where there is none the page is live. */

export interface Moment {
  /** Unix seconds. */
  time: number;
  /** Seconds of the past in one second: 1 to 600; 0 stands still. */
  speed: number;
}

/** What may be chosen. */
export const SPEEDS = [1, 2, 5, 10, 30, 60, 120, 300, 600] as const;

/** Who asks for the last seconds means now. */
const LIVE_S = 2;

/** No picture runs ahead of its speed by more than so many seconds of ours. */
const AHEAD_S = 5;

/**
 * Gives the time that is shown: what the picture says, once it has followed to the moment.
 *
 * @param picture Unix seconds of the picture, which may still be that of before.
 * @param elapsed Seconds since somebody went to the moment.
 */
export function timeShown(moment: Moment | null, picture: number, elapsed: number): number {
  if (moment === null) {
    return picture;
  }
  const latest = moment.time + (elapsed + AHEAD_S) * moment.speed;
  const hasFollowed = picture >= moment.time && picture <= latest;
  return moment.speed > 0 && hasFollowed ? picture : moment.time;
}

/** Makes a moment out of where somebody went: within what is stored, and null where that is now. */
export function momentAt(
  time: number,
  speed: number,
  { oldest, newest }: { oldest: number; newest: number },
): Moment | null {
  if (time >= newest - LIVE_S) {
    return null;
  }
  return { time: Math.round(Math.max(time, oldest)), speed };
}
