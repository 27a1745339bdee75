/** How the picture came in over the last minutes: state vectors, delay and aircraft. */

import { Sparkline } from "../../charts/sparkline.ts";
import { make, put } from "../../core/elements.ts";
import { MISSING, writeAge } from "../../core/units.ts";
import { Rate } from "./rate.ts";
import { Ring } from "./ring.ts";

const SECONDS = 300;
/** Updates come in bursts, one to each poll: a number of a single second would only flicker. */
const MEAN_S = 30;
/** The mean of fewer would tell of a burst, or of a pause, as if it were all. */
const FEWEST_S = 10;
/** Timers may be late by this much before it is a gap. */
const LATE_MS = 5_000;

interface Line {
  ring: Ring;
  value: HTMLElement;
  sparkline: Sparkline;
  write(value: number): string;
}

export class Flow {
  private readonly rate = new Rate();
  private readonly vectors: Line;
  private readonly delay: Line;
  private readonly aircraft: Line;
  private readonly burst = new Ring(MEAN_S);
  private kept = Number.NaN;

  constructor(host: HTMLElement) {
    this.vectors = line(host, "state vectors per second", writeCount, true);
    this.delay = line(host, "delay", writeAge, true);
    this.aircraft = line(host, "aircraft", writeCount, false);
  }

  hear(event: string, data: unknown): void {
    this.rate.hear(event, data);
  }

  /** Keeps the numbers of this second; a delay that was not measured is a gap. */
  keep(aircraft: number, delay: number): void {
    const time = performance.now();
    this.leaveGap(time);
    this.burst.push(this.rate.take(time));
    this.vectors.ring.push(this.burst.length < FEWEST_S ? Number.NaN : this.burst.mean(MEAN_S));
    this.delay.ring.push(delay);
    this.aircraft.ring.push(aircraft);
  }

  /** Writes and plots what was kept. */
  write(): void {
    for (const { ring, value, sparkline, write } of [this.vectors, this.delay, this.aircraft]) {
      put(value, write(ring.at(ring.length - 1)));
      sparkline.draw(ring);
    }
  }

  /** A page that nobody sees is woken seldom: what was not kept is not drawn as if it were. */
  private leaveGap(time: number): void {
    const missed = time - this.kept > LATE_MS ? Math.floor((time - this.kept) / 1_000) - 1 : 0;
    this.kept = time;
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
  const place = make("div", { class: "line" }, make("span", {}, label), value);
  const sparkline = new Sparkline(place, { label, write, isFromZero });
  host.append(place);
  return { ring: new Ring(SECONDS), value, sparkline, write };
}

function writeCount(value: number): string {
  return Number.isNaN(value) ? MISSING : Math.round(value).toLocaleString("en");
}
