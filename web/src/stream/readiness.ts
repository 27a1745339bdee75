/** Polls the server's `/ready` for reasons why its data are late, which no event of the stream names. */

import { serverTime } from "../core/configuration.ts";

const INTERVAL_MS = 60_000;
/** The interval while data are late, when the reason may change or disappear. */
const LATE_INTERVAL_MS = 20_000;
const TIMEOUT_MS = 10_000;
/** A longer reason is cut off here: it has one line on the page. */
const MAX_REASON_LENGTH = 300;
/** The name of the check that compares the server's clock with the times of the data. */
const CLOCK_CHECK = "clock";

/** The reason of each failing check, by the name of the check. */
export type Reasons = Readonly<Record<string, string>>;

export class Readiness {
  reasons: Reasons = {};
  private isPolling = false;
  private polledMs = Number.NEGATIVE_INFINITY;
  private readonly onTime: (time: number) => void;

  /** @param onTime Receives the server's time in Unix seconds; NaN if the response has none. */
  constructor(onTime: (time: number) => void) {
    this.onTime = onTime;
  }

  /** Polls if the interval is over; call it once a second. A hidden page does not poll. */
  refresh(isLate: boolean): void {
    const age = performance.now() - this.polledMs;
    const isDue = age >= (isLate ? LATE_INTERVAL_MS : INTERVAL_MS);
    if (isDue && !this.isPolling && !document.hidden) {
      void this.poll();
    }
  }

  private async poll(): Promise<void> {
    this.isPolling = true;
    this.polledMs = performance.now();
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch("ready", { cache: "no-store", signal });
      this.onTime(serverTime(response));
      this.reasons = reasonsOf(await response.json());
    } catch {
      // Without an answer in the expected form there is no reason to show.
      this.reasons = {};
    } finally {
      this.isPolling = false;
    }
  }
}

/** Returns the reasons of a response body; anything else in it is ignored. */
function reasonsOf(body: unknown): Reasons {
  const { reasons } = (body ?? {}) as { reasons?: unknown };
  const given = Object.entries(typeof reasons === "object" && reasons !== null ? reasons : {});
  return Object.fromEntries(
    given
      .filter(([, reason]) => typeof reason === "string" && reason !== "")
      .map(([name, reason]) => [name, (reason as string).slice(0, MAX_REASON_LENGTH)]),
  );
}

/** Returns the reason to show, empty if none: differing clocks always, another reason while data are late. */
export function reasonToShow(reasons: Reasons, isLate: boolean): string {
  const [first = ""] = isLate ? Object.values(reasons) : [];
  return reasons[CLOCK_CHECK] ?? first;
}
