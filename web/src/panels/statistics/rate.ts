/** How many state vectors the stream brings a second. */

interface Told {
  /** Of `format=delta`. */
  slots?: readonly unknown[];
  /** Of `format=row`. */
  states?: readonly unknown[];
}

export class Rate {
  private heard = 0;
  private since: number | null = null;

  /** Counts an event's state vectors; a snapshot is what there was already, and does not count. */
  hear(event: string, data: unknown): void {
    if (event === "update") {
      const { slots, states } = data as Told;
      this.heard += (slots ?? states ?? []).length;
    }
  }

  /**
   * Gives the state vectors a second since it was last asked; NaN when asked for the first time.
   *
   * @param time Milliseconds of any clock that only goes forward.
   */
  take(time: number): number {
    const seconds = this.since === null ? 0 : (time - this.since) / 1_000;
    const rate = seconds > 0 ? this.heard / seconds : Number.NaN;
    this.heard = 0;
    this.since = time;
    return rate;
  }
}
