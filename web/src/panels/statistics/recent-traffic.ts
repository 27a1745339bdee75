/** State vectors per second, delay and aircraft over the last five minutes. */

import { Sparkline } from "../../charts/sparkline.ts";
import { make, put } from "../../core/elements.ts";
import { MISSING, writeAge } from "../../core/units.ts";
import { Rate } from "./rate.ts";
import { Ring } from "./ring.ts";

/** The length of the curves. */
const SECONDS = 300;
/** More seconds without a sample are a gap in the curves; fewer have the values of the next sample. */
const LATE_S = 5;

interface Line {
  ring: Ring;
  value: HTMLElement;
  sparkline: Sparkline;
  write(value: number): string;
}

export class RecentTraffic {
  private readonly rate = new Rate();
  private readonly vectors: Line;
  private readonly delay: Line;
  private readonly aircraft: Line;
  /** The second of the newest sample, by a monotonic clock; NaN before the first. */
  private second = Number.NaN;

  constructor(host: HTMLElement) {
    this.vectors = line(host, "state vectors per second", writeCount, true);
    this.delay = line(host, "delay", writeAge, true);
    this.aircraft = line(host, "aircraft", writeCount, false);
  }

  onEvent(event: string, data: unknown): void {
    this.rate.onEvent(event, data);
  }

  /**
   * Appends the numbers of this second, unless it has them already; a delay of NaN is a gap.
   *
   * The timer that calls this may be late, and then early: browsers suspend it in a hidden page.
   */
  sample(aircraft: number, delay: number): void {
    const time = performance.now();
    const second = Math.floor(time / 1_000);
    const passed = Number.isNaN(this.second) ? 1 : second - this.second;
    if (passed < 1) {
      return;
    }
    this.second = second;
    const rate = this.rate.measure(time);
    for (let missed = Math.min(passed, SECONDS) - 1; missed >= 0; missed--) {
      const isGap = missed > 0 && passed > LATE_S;
      this.vectors.ring.push(isGap ? Number.NaN : rate);
      this.delay.ring.push(isGap ? Number.NaN : delay);
      this.aircraft.ring.push(isGap ? Number.NaN : aircraft);
    }
  }

  /** Writes the newest numbers and plots the curves. */
  render(): void {
    for (const { ring, value, sparkline, write } of [this.vectors, this.delay, this.aircraft]) {
      put(value, write(ring.at(ring.length - 1)));
      sparkline.draw(ring);
    }
  }
}

function line(
  host: HTMLElement,
  label: string,
  write: (value: number) => string,
  isFromZero: boolean,
): Line {
  const value = make("strong", {}, MISSING);
  const row = make("div", { class: "line" }, make("span", {}, label), value);
  const sparkline = new Sparkline(row, { label, write, isFromZero });
  host.append(row);
  return { ring: new Ring(SECONDS), value, sparkline, write };
}

function writeCount(value: number): string {
  return Number.isNaN(value) ? MISSING : Math.round(value).toLocaleString("en");
}
