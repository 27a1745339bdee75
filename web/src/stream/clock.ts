/** What time the picture shows, by the times of the stream's events: this machine's clock may be wrong. */

const REMEMBERED = 20;
/** Seconds on this machine by which events that are only late hardly ever are: more is a step. */
const STEP_S = 10;
/** Delayed events arrive faster than they were sent, and so catch up; after a step they do not. */
const CATCHING_UP = 0.5;

interface Arrival {
  time: number;
  lead: number;
}

/** This machine's time in Unix seconds, which goes on evenly when the machine's clock is set. */
export function steadyTime(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** Times are Unix seconds. */
export class Clock {
  private leads: number[] = [];
  /** The first of the events that are far behind the picture's time; null if the last is not. */
  private behind: Arrival | null = null;
  private readonly speed: number;
  private readonly read: () => number;

  /**
   * @param speed Seconds of the picture in one second: 1 live, 0 standing still.
   * @param read Gives this machine's time; it may stop while the machine sleeps.
   */
  constructor(speed = 1, read: () => number = steadyTime) {
    this.speed = speed;
    this.read = read;
  }

  /**
   * Learns from an event's `time`; the one that was quickest to arrive is nearest to the truth.
   *
   * A step forward is followed with the first event after it, a step back with the second: one
   * event alone may be late.
   */
  hear(time: number): void {
    const arrival = { time, lead: time - this.speed * this.read() };
    if (this.isBehind(arrival)) {
      this.behind ??= arrival;
      if (!isStep(this.behind, arrival)) {
        return;
      }
      this.leads = [];
    }
    this.behind = null;
    this.leads.push(arrival.lead);
    if (this.leads.length > REMEMBERED) {
      this.leads.shift();
    }
  }

  /** Whether any event has told the time. */
  get isSet(): boolean {
    return this.leads.length > 0;
  }

  /** Gives the picture's time; before the first event this machine's. */
  now(): number {
    return this.leads.length === 0
      ? this.read()
      : this.speed * this.read() + Math.max(...this.leads);
  }

  private isBehind({ lead }: Arrival): boolean {
    return lead < Math.max(...this.leads) - STEP_S * Math.max(this.speed, 1);
  }
}

/** Says whether the second of two events is no nearer to the picture's time than the first. */
function isStep(first: Arrival, second: Arrival): boolean {
  return second.lead - first.lead < CATCHING_UP * (second.time - first.time);
}
