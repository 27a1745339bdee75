/** Measures how many state vectors per second the stream brings. */

interface UpdateData {
  /** One for each state vector of `format=delta`. */
  slots?: readonly unknown[];
  /** One for each state vector of `format=row`. */
  states?: readonly unknown[];
}

export class Rate {
  private received = 0;
  private since: number | null = null;

  /** Counts the state vectors of an update. A snapshot brings known ones and does not count. */
  onEvent(event: string, data: unknown): void {
    if (event === "update") {
      const { slots, states } = data as UpdateData;
      this.received += (slots ?? states ?? []).length;
    }
  }

  /**
   * Returns the state vectors per second since the last call; NaN at the first call.
   *
   * @param time Milliseconds of a monotonic clock.
   */
  measure(time: number): number {
    const seconds = this.since === null ? 0 : (time - this.since) / 1_000;
    const rate = seconds > 0 ? this.received / seconds : Number.NaN;
    this.received = 0;
    this.since = time;
    return rate;
  }
}
