/** Measures how many state vectors per second the stream brings. */

interface UpdateData {
  /** One for each state vector of `format=delta`. */
  slots?: readonly unknown[];
  /** One for each state vector of `format=row`. */
  states?: readonly unknown[];
}

interface Sample {
  /** Milliseconds of a monotonic clock. */
  time: number;
  /** The number of all state vectors that were received by then. */
  received: number;
}

/** Updates arrive in bursts, one per poll, so a rate covers this much time. */
const WINDOW_MS = 30_000;
/** The rate over less time would show a single burst or pause, and is not known. */
const MIN_WINDOW_MS = 10_000;

/** The time comes with each sample, so that neither a late nor an additional call changes the rate. */
export class Rate {
  private received = 0;
  /** In order of time; the first one is the newest that is at least as old as the window. */
  private readonly samples: Sample[] = [];

  /** Counts the state vectors of an update. A snapshot brings known ones and does not count. */
  onEvent(event: string, data: unknown): void {
    if (event === "update") {
      const { slots, states } = data as UpdateData;
      this.received += (slots ?? states ?? []).length;
    }
  }

  /**
   * Returns the state vectors per second over the last half minute; NaN while less time is known.
   *
   * @param time Milliseconds of a monotonic clock.
   */
  measure(time: number): number {
    const { samples, received } = this;
    samples.push({ time, received });
    while (time - (samples[1]?.time ?? time) >= WINDOW_MS) {
      samples.shift();
    }
    const [oldest] = samples as [Sample];
    const elapsed = time - oldest.time;
    return elapsed < MIN_WINDOW_MS ? Number.NaN : (received - oldest.received) / (elapsed / 1_000);
  }
}
