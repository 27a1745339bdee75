/** Passes on the newest of many values, at most once per pause: a drag must not flood the server. */

export class Throttle<Value> {
  private readonly pauseMs: number;
  private readonly pass: (value: Value) => void;
  private waiting: { value: Value } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(pauseMs: number, pass: (value: Value) => void) {
    this.pauseMs = pauseMs;
    this.pass = pass;
  }

  /** Passes a value on at once or, during a pause, when the pause is over. */
  offer(value: Value): void {
    this.waiting = { value };
    if (this.timer === undefined) {
      this.release();
    }
  }

  /** Passes the last value on at once, even during a pause. */
  finish(value: Value): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = null;
    this.pass(value);
  }

  private release(): void {
    this.timer = undefined;
    const { waiting } = this;
    if (waiting !== null) {
      this.waiting = null;
      this.timer = setTimeout(() => this.release(), this.pauseMs);
      this.pass(waiting.value);
    }
  }
}
