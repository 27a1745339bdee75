/** The bar by which a person goes through time: plays, stands still, scrubs, comes back to now. */

import "./time-bar.css";
import { make, put } from "../core/elements.ts";
import type { Hour } from "../history/answers.ts";
import { fetchHours, isAbort } from "../history/history-client.ts";
import { type Moment, momentAt, SPEEDS, timeShown } from "./moment.ts";
import { Pacer } from "./pacer.ts";
import {
  choiceThatShows,
  dayOf,
  HOUR_S,
  ROLLING,
  type Span,
  type SpanChoice,
  spanOf,
} from "./span.ts";
import { TimeScale } from "./time-scale.ts";
import { writeClock, writeDate, writeIso, writeUtc, writeWords } from "./write-time.ts";

export interface TimeListener {
  /** Takes where the person wants to be; null is now. */
  go(moment: Moment | null): void;
}

const SCRUB_MS = 200;
const STEP_S = 60;
const FAR_STEPS = 10;
const USUAL_SPEED = 10;
const USUAL_S = 24 * HOUR_S;
const HOURS_AGE_MS = 300_000;
const RETRY_MS = 30_000;
const DAY = "day";

export class TimeBar {
  private moment: Moment | null = null;
  /** When somebody went to the moment, by the browser's clock. */
  private wentMs = 0;
  private time = Number.NaN;
  private newest = Number.NaN;
  private oldest = 0;
  private speed: number = USUAL_SPEED;
  private choice: SpanChoice = USUAL_S;
  private rolling: number = USUAL_S;
  private span: Span = { from: 0, to: 1 };
  /** While the slider is dragged: how fast it went before. */
  private dragged: { speed: number } | null = null;
  private hours: readonly Hour[] = [];
  private hoursOf: SpanChoice | null = null;
  private askedMs = 0;
  private asking = new AbortController();
  private readonly listener: TimeListener;
  private readonly scrub: Pacer<Moment | null>;
  private readonly scale = new TimeScale();
  private readonly play = make("button", { type: "button", class: "time-play" });
  private readonly speeds = make("select", { "aria-label": "Speed of the replay" });
  private readonly clock = make("strong");
  private readonly date = make("span");
  private readonly utc = make("span", { class: "time-utc" });
  private readonly slider = make("input", { type: "range", "aria-label": "Time shown" });
  private readonly spans = make("select", { "aria-label": "Stretch of time" });
  private readonly day = make("input", { type: "date", "aria-label": "Day" });
  private readonly live = make("button", { type: "button", class: "time-live" }, "Live");
  private readonly note = make("p", { class: "time-note", role: "status" });

  constructor(host: HTMLElement, listener: TimeListener) {
    this.listener = listener;
    this.scrub = new Pacer(SCRUB_MS, (moment) => this.go(moment));
    this.build(host);
    this.listen(host);
  }

  /** Takes what the map shows: `now` is its time, `newest` the server's, both Unix seconds. */
  show(moment: Moment | null, now: number, newest: number): void {
    this.newest = Math.max(newest, moment === null ? now : 0);
    this.take(moment);
    if (this.dragged === null) {
      const shown = timeShown(moment, now, (performance.now() - this.wentMs) / 1000);
      // A fast replay that has told all there is runs ahead of now until it is live.
      this.time = Math.min(shown, this.newest);
      this.fit();
    }
    this.write();
    void this.learnHours();
  }

  /** Takes since when there is history, in Unix seconds: nobody gets further back. */
  setRange(oldest: number): void {
    this.oldest = oldest;
    this.day.min = dayOf(oldest);
    this.write();
  }

  private build(host: HTMLElement): void {
    this.speeds.append(
      ...SPEEDS.map((speed) => make("option", { value: String(speed) }, `${speed}×`)),
    );
    this.spans.append(
      ...ROLLING.map(({ seconds, name }) => make("option", { value: String(seconds) }, name)),
      make("option", { value: DAY }, "a day"),
    );
    host.classList.add("time-bar");
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", "Time");
    host.append(
      make("div", { class: "time-transport" }, this.play, this.stepButton(-1), this.stepButton(1)),
      make("div", { class: "time-clock" }, this.clock, make("p", {}, this.date, this.utc)),
      make("div", { class: "time-scale" }, this.scale.surface.canvas, this.slider),
      make("div", { class: "time-choices" }, this.speeds, this.spans, this.day, this.live),
      this.note,
    );
  }

  private stepButton(minutes: 1 | -1): HTMLButtonElement {
    const [sign, words] = minutes < 0 ? ["−", "back"] : ["+", "on"];
    const label = `One minute ${words}`;
    const button = make("button", { type: "button", "aria-label": label }, `${sign}1 min`);
    button.addEventListener("click", () => this.step(minutes * STEP_S));
    return button;
  }

  private listen(host: HTMLElement): void {
    this.play.addEventListener("click", () => this.toggle());
    this.live.addEventListener("click", () => this.go(null));
    this.speeds.addEventListener("change", () => this.changeSpeed(Number(this.speeds.value)));
    this.spans.addEventListener("change", () => this.changeSpan(this.spans.value));
    this.day.addEventListener("change", () => this.changeDay(this.day.value));
    this.slider.addEventListener("input", () => this.drag());
    for (const event of ["change", "pointerup", "pointercancel"]) {
      this.slider.addEventListener(event, () => this.drop());
    }
    this.slider.addEventListener("keydown", (event) => this.press(event));
    host.addEventListener("keydown", (event) => this.pressSpace(event));
  }

  /** Shows where the person goes before the map has followed. */
  private go(moment: Moment | null): void {
    this.take(moment);
    this.time = moment?.time ?? this.newest;
    if (this.dragged === null) {
      this.fit();
    }
    this.write();
    this.listener.go(moment);
  }

  private take(moment: Moment | null): void {
    const isSame = moment?.time === this.moment?.time && moment?.speed === this.moment?.speed;
    if (!isSame) {
      this.wentMs = performance.now();
    }
    this.moment = moment;
    if (moment !== null && moment.speed > 0) {
      this.speed = moment.speed;
    }
  }

  private get isPlaying(): boolean {
    return this.moment === null || this.moment.speed > 0;
  }

  /** Gives the moment at a time, at the speed of now unless another is given. */
  private at(time: number, speed = this.moment?.speed ?? 0): Moment | null {
    const { oldest, newest } = this;
    return momentAt(time, speed, { oldest, newest });
  }

  private toggle(): void {
    if (this.isPlaying) {
      // From live too it stands still: at the second that is shown.
      this.go({ time: Math.floor(this.time), speed: 0 });
    } else {
      this.go(this.at(this.time, this.speed));
    }
  }

  private step(seconds: number): void {
    this.go(this.at(this.time + seconds));
  }

  private changeSpeed(speed: number): void {
    this.speed = speed;
    if (this.moment !== null && this.moment.speed > 0) {
      this.go(this.at(this.time, speed));
    }
  }

  private changeSpan(value: string): void {
    if (value === DAY) {
      this.choose(dayOf(this.time));
      this.write();
      this.day.focus();
      return;
    }
    const seconds = Number(value);
    const earliest = this.newest - seconds;
    this.choose(seconds);
    if (this.time < earliest) {
      this.go(this.at(earliest));
    }
    this.write();
  }

  /** Goes to the same time of another day. */
  private changeDay(day: string): void {
    if (day === "") {
      return;
    }
    this.choose(day);
    const { from, to } = this.span;
    const clock = this.time - spanOf(dayOf(this.time), Number.POSITIVE_INFINITY).from;
    this.go(this.at(Math.min(from + clock, to)));
  }

  /** Sees to it that the slider shows the time; who comes back from a day finds the stretch of before. */
  private fit(): void {
    const { choice, rolling, time, newest } = this;
    const isShown = choiceThatShows(time, choice, newest) === choice;
    this.choose(isShown ? choice : choiceThatShows(time, rolling, newest));
  }

  private choose(choice: SpanChoice): void {
    this.choice = choice;
    this.rolling = typeof choice === "number" ? choice : this.rolling;
    this.span = spanOf(choice, this.newest, this.time);
  }

  private drag(): void {
    this.dragged ??= { speed: this.moment?.speed ?? 0 };
    this.time = Math.max(Number(this.slider.value), this.oldest);
    this.scrub.offer(this.at(this.time, 0));
    this.write();
  }

  private drop(): void {
    if (this.dragged !== null) {
      const { speed } = this.dragged;
      this.dragged = null;
      this.scrub.finish(this.at(this.time, speed));
    }
  }

  private press(event: KeyboardEvent): void {
    const steps = new Map([
      ["ArrowLeft", -1],
      ["ArrowDown", -1],
      ["ArrowRight", 1],
      ["ArrowUp", 1],
      ["PageDown", -FAR_STEPS],
      ["PageUp", FAR_STEPS],
    ]).get(event.key);
    if (steps !== undefined) {
      event.preventDefault();
      this.step(steps * STEP_S);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.go(this.at(event.key === "Home" ? this.span.from : this.span.to));
    }
  }

  /** Buttons and lists have a use for the space bar themselves. */
  private pressSpace(event: KeyboardEvent): void {
    const isFree = event.target === this.slider || event.target === event.currentTarget;
    if (event.key === " " && isFree) {
      event.preventDefault();
      this.toggle();
    }
  }

  private write(): void {
    const { time, newest, moment } = this;
    if (Number.isNaN(time)) {
      return;
    }
    const isLive = moment === null && this.dragged === null;
    put(this.clock, writeClock(time));
    put(this.date, writeDate(time));
    put(this.utc, writeUtc(time));
    this.clock.title = writeIso(time);
    this.live.ariaPressed = String(isLive);
    this.play.classList.toggle("is-playing", this.isPlaying);
    this.play.ariaLabel = this.isPlaying ? "Pause" : "Play";
    this.play.title = this.isPlaying ? "Pause (space)" : "Play (space)";
    choose(this.speeds, String(SPEEDS.findLast((speed) => speed <= this.speed) ?? SPEEDS[0]));
    this.writeSpan();
    this.slider.ariaValueText = isLive ? "now, live" : writeWords(time, newest);
    const { span, hours, oldest } = this;
    this.scale.show({ span, hours, oldest, time });
  }

  private writeSpan(): void {
    const { choice, span, slider, day } = this;
    const isDay = typeof choice === "string";
    choose(this.spans, isDay ? DAY : String(choice));
    day.hidden = !isDay;
    day.max = dayOf(this.newest);
    if (isDay && document.activeElement !== day) {
      day.value = choice;
    }
    slider.min = String(Math.floor(span.from));
    slider.max = String(Math.ceil(span.to));
    if (this.dragged === null) {
      slider.value = String(Math.round(this.time));
    }
  }

  /** Asks how much is stored, when another stretch is chosen and each five minutes. */
  private async learnHours(): Promise<void> {
    const isOld = performance.now() - this.askedMs > HOURS_AGE_MS;
    if (this.choice === this.hoursOf && !isOld) {
      return;
    }
    this.hoursOf = this.choice;
    this.askedMs = performance.now();
    this.asking.abort();
    this.asking = new AbortController();
    const { from, to } = this.span;
    try {
      this.hours = await fetchHours(Math.floor(from), Math.ceil(to), this.asking.signal);
      put(this.note, "");
    } catch (error) {
      if (!isAbort(error)) {
        this.askedMs -= HOURS_AGE_MS - RETRY_MS;
        put(this.note, `How much is stored is not known: ${(error as Error).message}.`);
      }
    }
    this.write();
  }
}

/** Chooses a value, if it is another one: a list that is open is left alone. */
function choose(list: HTMLSelectElement, value: string): void {
  if (list.value !== value) {
    list.value = value;
  }
}
