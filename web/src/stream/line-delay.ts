/** Notices a connection that is too slow for the data: events arrive later and later. */

/** Seconds by which an event may be later than the fastest one of the connection. */
const LATE_S = 15;
/** After a stall events are late as well, but not for this many seconds. */
const LASTING_S = 20;

/** One per connection, so that nothing of an earlier one is kept. All times are in seconds. */
export class LineDelay {
  /** The shortest time from an event to its arrival, plus a constant: the two clocks differ. */
  private least = Number.POSITIVE_INFINITY;
  /** The arrival of the first of the late events; null if the newest was punctual. */
  private lateSince: number | null = null;

  /**
   * Takes an event into account, and returns whether the connection is too slow.
   *
   * @param time Unix seconds of the event.
   * @param arrived Its arrival by a monotonic clock.
   */
  onEvent(time: number, arrived: number): boolean {
    const delay = arrived - time;
    this.least = Math.min(this.least, delay);
    if (delay - this.least <= LATE_S) {
      this.lateSince = null;
      return false;
    }
    this.lateSince ??= arrived;
    return arrived - this.lateSince >= LASTING_S;
  }
}
