/** The time of the stream, estimated from its events, because the clock of this machine may be wrong. */

/** The number of recent events from which the offset is estimated. */
const MAX_OFFSETS = 20;
/** Seconds of this machine by which an event is hardly ever late: more means that the time has stepped. */
const STEP_S = 10;
/** Delayed events arrive faster than they were sent and so catch up; after a step they do not. */
const CATCHING_UP = 0.5;

interface Arrival {
  time: number;
  /** Seconds from this machine's time to the event's time. */
  offset: number;
}

/** Returns this machine's time in Unix seconds; it is unaffected when the machine's clock is set. */
export function steadyTime(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** All times are Unix seconds. */
export class Clock {
  private offsets: number[] = [];
  /** The first of the latest events if they all lag far behind the estimate; otherwise null. */
  private lagging: Arrival | null = null;
  private readonly speed: number;
  private readonly read: () => number;

  /**
   * @param speed Seconds of the stream per second: 1 is live, 0 is paused.
   * @param read Returns this machine's time; it may stand still while the machine sleeps.
   */
  constructor(speed = 1, read: () => number = steadyTime) {
    this.speed = speed;
    this.read = read;
  }

  /**
   * Adjusts the estimate by an event's `time`; the event that arrived fastest is the most accurate.
   *
   * A step forward is followed with the first event after it, a step back with the second one, because
   * a single event may just be late.
   */
  adjust(time: number): void {
    const arrival = { time, offset: time - this.speed * this.read() };
    if (this.isLagging(arrival)) {
      this.lagging ??= arrival;
      if (!isStep(this.lagging, arrival)) {
        return;
      }
      this.offsets = [];
    }
    this.lagging = null;
    this.offsets.push(arrival.offset);
    if (this.offsets.length > MAX_OFFSETS) {
      this.offsets.shift();
    }
  }

  /** Whether any event has set the time. */
  get isSet(): boolean {
    return this.offsets.length > 0;
  }

  /** Returns the time of the stream; before the first event, this machine's time. */
  now(): number {
    return this.offsets.length === 0
      ? this.read()
      : this.speed * this.read() + Math.max(...this.offsets);
  }

  private isLagging({ offset }: Arrival): boolean {
    return offset < Math.max(...this.offsets) - STEP_S * Math.max(this.speed, 1);
  }
}

/** Whether the second of two lagging events is no closer to the estimate than the first. */
function isStep(first: Arrival, second: Arrival): boolean {
  return second.offset - first.offset < CATCHING_UP * (second.time - first.time);
}
