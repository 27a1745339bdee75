/** What the server's clock shows, told by its events: this machine's may be wrong. */

const REMEMBERED = 20;

/** Times are Unix seconds. */
export class ServerClock {
  private readonly leads: number[] = [];
  private readonly read: () => number;

  constructor(read: () => number = () => Date.now() / 1000) {
    this.read = read;
  }

  /** Learns from an event's `time`; the one that was quickest to arrive is nearest to the truth. */
  hear(time: number): void {
    this.leads.push(time - this.read());
    if (this.leads.length > REMEMBERED) {
      this.leads.shift();
    }
  }

  now(): number {
    const lead = this.leads.length === 0 ? 0 : Math.max(...this.leads);
    return this.read() + lead;
  }
}
