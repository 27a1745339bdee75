/** How long to wait before a client returns. */

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** Waits double with each failure in a row, with jitter so that clients do not return together. */
export class Backoff {
  private failures = 0;

  /** Forgets the failures: the server has sent something. */
  succeed(): void {
    this.failures = 0;
  }

  /**
   * Returns the milliseconds to wait after a connection has ended or failed.
   *
   * @param retryMs What the server stated last; null if it has not.
   * @param atLeastMs What a refusal states (Retry-After), which no jitter shortens.
   */
  next(retryMs: number | null, atLeastMs = 0): number {
    const wait = Math.min((retryMs ?? FIRST_WAIT_MS) * 2 ** this.failures, LONGEST_WAIT_MS);
    // The server states another time to each client, so that the first wait has its jitter.
    const share = this.failures === 0 && retryMs !== null ? 1 : 0.5 + Math.random() / 2;
    this.failures += 1;
    return Math.max(wait * share, atLeastMs);
  }
}
