/** A position in the past, paused or playing. Where the page has none (null), it shows live data. */

export interface Playback {
  /** Unix seconds: where it is paused, or where it started to play. */
  time: number;
  /** Seconds of the past per second: 0 is paused, otherwise one of `SPEEDS`. */
  speed: number;
}

/** The speeds that the page offers; the server accepts 1 to 600. */
export const SPEEDS = [1, 2, 5, 10, 30, 60, 120, 300, 600] as const;
