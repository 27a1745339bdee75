/** State vectors per second, delay and aircraft over the last five minutes. */

import { Sparkline } from "../../charts/sparkline.ts";
import { make, put } from "../../core/elements.ts";
import { MISSING, writeAge } from "../../core/units.ts";
import { Rate } from "./rate.ts";
import { Ring } from "./ring.ts";

/** The length of the curves. */
const SECONDS = 300;
/** Updates arrive in bursts, one per poll, so a rate is the mean of this many seconds. */
const MEAN_S = 30;
/** The mean of fewer seconds would show a single burst or pause, and is not shown. */
const MIN_MEAN_S = 10;
/** A timer that is late by more than this leaves a gap in the curves. */
const LATE_MS = 5_000;

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
  private readonly rates = new Ring(MEAN_S);
  private sampledMs = Number.NaN;

  constructor(host: HTMLElement) {
    this.vectors = line(host, "state vectors per second", writeCount, true);
    this.delay = line(host, "delay", writeAge, true);
    this.aircraft = line(host, "aircraft", writeCount, false);
  }

  onEvent(event: string, data: unknown): void {
    this.rate.onEvent(event, data);
  }

  /** Appends the numbers of this second; a delay of NaN is a gap. */
  sample(aircraft: number, delay: number): void {
    const time = performance.now();
    this.leaveGap(time);
    this.rates.push(this.rate.measure(time));
    this.vectors.ring.push(this.rates.length < MIN_MEAN_S ? Number.NaN : this.rates.mean(MEAN_S));
    this.delay.ring.push(delay);
    this.aircraft.ring.push(aircraft);
  }

  /** Writes the newest numbers and plots the curves. */
  render(): void {
    for (const { ring, value, sparkline, write } of [this.vectors, this.delay, this.aircraft]) {
      put(value, write(ring.at(ring.length - 1)));
      sparkline.draw(ring);
    }
  }

  /** Leaves a gap for the seconds in which the browser suspended the timers of a hidden page. */
  private leaveGap(time: number): void {
    const missed =
      time - this.sampledMs > LATE_MS ? Math.floor((time - this.sampledMs) / 1_000) - 1 : 0;
    this.sampledMs = time;
    for (let second = 0; second < Math.min(missed, SECONDS); second++) {
      for (const { ring } of [this.vectors, this.delay, this.aircraft]) {
        ring.push(Number.NaN);
      }
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
