/** Asks the server now and then whether it is ready, and why not: causes that no event names. */

import { timeOf } from "../core/configuration.ts";

const EVERY_MS = 60_000;
/** While the data are late: the reason may have changed, or passed. */
const LATE_EVERY_MS = 20_000;
const TIMEOUT_MS = 10_000;
/** More of a reason is cut off. */
const LONGEST = 300;
/** The check of the server's clock against that of the data. */
const CLOCK = "clock";

/** The reason of each check that does not hold, by the check's name. */
export type Reasons = Readonly<Record<string, string>>;

export class Readiness {
  reasons: Reasons = {};
  private isAsking = false;
  private askedMs = Number.NEGATIVE_INFINITY;
  private readonly onTime: (time: number) => void;

  /** @param onTime Takes the server's time, Unix seconds. */
  constructor(onTime: (time: number) => void) {
    this.onTime = onTime;
  }

  /** Asks if it is time to; call it once a second. Nothing is asked by a page that is hidden. */
  refresh(isLate: boolean): void {
    const age = performance.now() - this.askedMs;
    const isDue = age >= (isLate ? LATE_EVERY_MS : EVERY_MS);
    if (isDue && !this.isAsking && !document.hidden) {
      void this.ask();
    }
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    this.askedMs = performance.now();
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const answer = await fetch("/ready", { cache: "no-store", signal });
      this.onTime(timeOf(answer));
      this.reasons = reasonsOf(await answer.json());
    } catch {
      // A server that does not answer, or not in these words, gives no reason.
      this.reasons = {};
    } finally {
      this.isAsking = false;
    }
  }
}

/** Reads the reasons out of an answer; what is none is left out. */
function reasonsOf(body: unknown): Reasons {
  const { reasons } = (body ?? {}) as { reasons?: unknown };
  const given = Object.entries(typeof reasons === "object" && reasons !== null ? reasons : {});
  return Object.fromEntries(
    given
      .filter(([, reason]) => typeof reason === "string" && reason !== "")
      .map(([name, reason]) => [name, (reason as string).slice(0, LONGEST)]),
  );
}

/** Gives the one reason to show, empty if none: that clocks differ always, others while data are late. */
export function reasonToShow(reasons: Reasons, isLate: boolean): string {
  const [first = ""] = isLate ? Object.values(reasons) : [];
  return reasons[CLOCK] ?? first;
}
