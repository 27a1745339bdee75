/** Decides when a slow connection is to receive less, and when it may receive everything again. */

/** The line must be in time for so long before everything is requested again. */
const FIRST_TRIAL_S = 120;
/** The time doubles with each trial that fails, up to this. */
const LONGEST_TRIAL_S = 1_800;
/** A line that is slow again within this time after a trial has failed it. */
const FAILED_WITHIN_S = 300;

/** All times are seconds of a monotonic clock. */
export class Saving {
  isOn = false;
  private trialS = FIRST_TRIAL_S;
  /** Since when the line is in time while less is requested. */
  private punctualSince = 0;
  private endedAt = Number.NEGATIVE_INFINITY;

  /** Notes that the line is too slow for what is requested. */
  noteSlow(now: number): void {
    if (!this.isOn) {
      const hasFailed = now - this.endedAt < FAILED_WITHIN_S;
      this.trialS = hasFailed ? Math.min(2 * this.trialS, LONGEST_TRIAL_S) : FIRST_TRIAL_S;
      this.isOn = true;
    }
    this.punctualSince = now;
  }

  /** Notes an event that arrived in time; after enough of them everything is requested again. */
  notePunctual(now: number): void {
    if (this.isOn && now - this.punctualSince >= this.trialS) {
      this.isOn = false;
      this.endedAt = now;
    }
  }
}
