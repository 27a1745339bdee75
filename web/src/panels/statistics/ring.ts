/** A ring buffer: the newest numbers of a series, which replace the oldest ones. */

export class Ring {
  length = 0;
  private readonly values: Float64Array;
  private next = 0;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  get capacity(): number {
    return this.values.length;
  }

  /** Adds a number; NaN is a gap. */
  push(value: number): void {
    this.values[this.next] = value;
    this.next = (this.next + 1) % this.capacity;
    this.length = Math.min(this.length + 1, this.capacity);
  }

  /** Returns a number by index, the oldest at 0; NaN if there is none. */
  at(index: number): number {
    if (index < 0 || index >= this.length) {
      return Number.NaN;
    }
    const oldest = this.next - this.length + this.capacity;
    return this.values[(oldest + index) % this.capacity] as number;
  }

  clear(): void {
    this.length = 0;
  }
}
