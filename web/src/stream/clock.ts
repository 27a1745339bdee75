/** What time the picture shows, told by the stream's events: this machine's clock may be wrong. */

const REMEMBERED = 20;

/** Times are Unix seconds. */
export class Clock {
  private readonly leads: number[] = [];
  private readonly speed: number;
  private readonly read: () => number;

  /**
   * @param speed Seconds of the picture in one second: 1 live, 0 standing still.
   * @param read Gives this machine's time.
   */
  constructor(speed = 1, read: () => number = () => Date.now() / 1000) {
    this.speed = speed;
    this.read = read;
  }

  /** Learns from an event's `time`; the one that was quickest to arrive is nearest to the truth. */
  hear(time: number): void {
    this.leads.push(time - this.speed * this.read());
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
}
