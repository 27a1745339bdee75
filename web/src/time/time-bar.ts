/** The bar that controls time: play, pause, scrub, step, and return to live data. */

import "./time-bar.css";
import { make, put } from "../core/elements.ts";
import { type Playback, SPEEDS } from "../core/playback.ts";
import { Throttle } from "../core/throttle.ts";
import {
  HOUR_S,
  writeClock,
  writeDate,
  writeIso,
  writeSpokenTime,
  writeUtc,
} from "../core/times.ts";
import { fetchHours, isAbort } from "../history/history-client.ts";
import type { Hour } from "../history/responses.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { playbackAt, timeShown } from "./seek.ts";
import {
  choiceWith,
  dayOf,
  type RangeChoice,
  ROLLING_RANGES,
  rangeOf,
  type TimeRange,
} from "./time-range.ts";
import { TimeScale } from "./time-scale.ts";

/** While the slider is dragged, a snapshot is requested at most this often. */
const SCRUB_MS = 200;
/** The step of the buttons and the arrow keys. */
const STEP_S = 60;
/** The steps of the keys Page up and Page down. */
const PAGE_STEPS = 10;
const DEFAULT_SPEED = 10;
const DEFAULT_RANGE_S = 24 * HOUR_S;
/** The bars of stored hours are requested again after this time, or sooner after an error. */
const HOURS_AGE_MS = 300_000;
const RETRY_MS = 30_000;
/** The value of the option that chooses a day. */
const DAY = "day";

export class TimeBar {
  private playback: Playback | null = null;
  /** When the playback was set, by `performance.now()`. */
  private seekedMs = 0;
  /** The time shown in Unix seconds. */
  private time = Number.NaN;
  private newest = Number.NaN;
  private oldest = 0;
  private speed: number = DEFAULT_SPEED;
  private choice: RangeChoice = DEFAULT_RANGE_S;
  /** The last rolling range, to which the slider returns from a day. */
  private rolling: number = DEFAULT_RANGE_S;
  private range: TimeRange = { from: 0, to: 1 };
  /** The speed before the slider was dragged; null while it is not dragged. */
  private dragged: { speed: number } | null = null;
  private hours: readonly Hour[] = [];
  private hoursChoice: RangeChoice | null = null;
  private hoursMs = 0;
  private abort = new AbortController();
  private readonly store: Store;
  private readonly scrub: Throttle<Playback | null>;
  private readonly scale = new TimeScale();
  private readonly play = make("button", { type: "button", class: "time-play" });
  private readonly speeds = make("select", { "aria-label": "Speed of the replay" });
  private readonly clock = make("strong");
  private readonly date = make("span");
  private readonly utc = make("span", { class: "time-utc" });
  private readonly slider = make("input", { type: "range", "aria-label": "Time shown" });
  private readonly ranges = make("select", { "aria-label": "Time range" });
  private readonly day = make("input", { type: "date", "aria-label": "Day" });
  private readonly live = make("button", { type: "button", class: "time-live" }, "Live");
  private readonly note = make("p", { class: "time-note", role: "status" });

  constructor(host: HTMLElement, store: Store) {
    this.store = store;
    this.scrub = new Throttle(SCRUB_MS, (playback) => this.seek(playback));
    this.build(host);
    this.listen(host);
    watch(
      () => [store.playback.value, store.now.value, store.newest.value] as const,
      ([playback, now, newest]) => this.update(playback, now, newest),
    );
    watch(
      () => store.oldest.value,
      (oldest) => this.setOldest(oldest),
    );
  }

  /** Follows what the map shows: `now` is its time, `newest` the server's, both in Unix seconds. */
  private update(playback: Playback | null, now: number, newest: number): void {
    this.newest = Math.max(newest, playback === null ? now : 0);
    this.setPlayback(playback);
    if (this.dragged === null) {
      const elapsed = (performance.now() - this.seekedMs) / 1000;
      // The clock of a fast replay runs past now before the replay has caught up.
      this.time = Math.min(timeShown(playback, now, elapsed), this.newest);
      this.fitRange();
    }
    this.render();
    void this.loadHours();
  }

  private setOldest(oldest: number): void {
    this.oldest = oldest;
    this.day.min = dayOf(oldest);
    this.render();
  }

  private build(host: HTMLElement): void {
    this.speeds.append(
      ...SPEEDS.map((speed) => make("option", { value: String(speed) }, `${speed}×`)),
    );
    this.ranges.append(
      ...ROLLING_RANGES.map(({ seconds, name }) =>
        make("option", { value: String(seconds) }, name),
      ),
      make("option", { value: DAY }, "a day"),
    );
    host.classList.add("time-bar");
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", "Time");
    host.append(
      make("div", { class: "time-transport" }, this.play, this.stepButton(-1), this.stepButton(1)),
      make("div", { class: "time-clock" }, this.clock, make("p", {}, this.date, this.utc)),
      make("div", { class: "time-scale" }, this.scale.surface.canvas, this.slider),
      make("div", { class: "time-choices" }, this.speeds, this.ranges, this.day, this.live),
      this.note,
    );
  }

  private stepButton(minutes: 1 | -1): HTMLButtonElement {
    const [sign, direction] = minutes < 0 ? ["−", "Back"] : ["+", "Forward"];
    const label = `${direction} 1 min`;
    const button = make("button", { type: "button", "aria-label": label }, `${sign}1 min`);
    button.addEventListener("click", () => this.step(minutes * STEP_S));
    return button;
  }

  private listen(host: HTMLElement): void {
    this.play.addEventListener("click", () => this.togglePlay());
    this.live.addEventListener("click", () => this.seek(null));
    this.speeds.addEventListener("change", () => this.changeSpeed(Number(this.speeds.value)));
    this.ranges.addEventListener("change", () => this.changeRange(this.ranges.value));
    this.day.addEventListener("change", () => this.changeDay(this.day.value));
    this.slider.addEventListener("input", () => this.drag());
    for (const event of ["change", "pointerup", "pointercancel"]) {
      this.slider.addEventListener(event, () => this.endDrag());
    }
    this.slider.addEventListener("keydown", (event) => this.onKey(event));
    host.addEventListener("keydown", (event) => this.pressSpace(event));
  }

  /** Goes to another time, which the bar shows before the map has followed. */
  private seek(playback: Playback | null): void {
    this.setPlayback(playback);
    this.time = playback?.time ?? this.newest;
    if (this.dragged === null) {
      this.fitRange();
    }
    this.render();
    this.store.seek(playback);
  }

  private setPlayback(playback: Playback | null): void {
    const before = this.playback;
    if (playback?.time !== before?.time || playback?.speed !== before?.speed) {
      this.seekedMs = performance.now();
    }
    this.playback = playback;
    if (playback !== null && playback.speed > 0) {
      this.speed = playback.speed;
    }
  }

  private get isPlaying(): boolean {
    return this.playback === null || this.playback.speed > 0;
  }

  /** Returns the playback at a time, by default at the present speed. */
  private at(time: number, speed = this.playback?.speed ?? 0): Playback | null {
    const { oldest, newest } = this;
    return playbackAt(time, speed, { oldest, newest });
  }

  private togglePlay(): void {
    if (this.isPlaying) {
      // Live data pause at the second that is shown.
      this.seek({ time: Math.floor(this.time), speed: 0 });
    } else {
      this.seek(this.at(this.time, this.speed));
    }
  }

  private step(seconds: number): void {
    this.seek(this.at(this.time + seconds));
  }

  private changeSpeed(speed: number): void {
    this.speed = speed;
    if (this.playback !== null && this.playback.speed > 0) {
      this.seek(this.at(this.time, speed));
    }
  }

  private changeRange(value: string): void {
    if (value === DAY) {
      this.setChoice(dayOf(this.time));
      this.render();
      this.day.focus();
      return;
    }
    const seconds = Number(value);
    const earliest = this.newest - seconds;
    this.setChoice(seconds);
    if (this.time < earliest) {
      this.seek(this.at(earliest));
    }
    this.render();
  }

  /** Goes to the same time of another day. */
  private changeDay(day: string): void {
    if (day === "") {
      return;
    }
    this.setChoice(day);
    const { from, to } = this.range;
    const clock = this.time - rangeOf(dayOf(this.time), Number.POSITIVE_INFINITY).from;
    this.seek(this.at(Math.min(from + clock, to)));
  }

  /** Chooses a range that contains the time shown; from a day, the last rolling range if possible. */
  private fitRange(): void {
    const { choice, rolling, time, newest } = this;
    const isInside = choiceWith(time, choice, newest) === choice;
    this.setChoice(isInside ? choice : choiceWith(time, rolling, newest));
  }

  private setChoice(choice: RangeChoice): void {
    this.choice = choice;
    this.rolling = typeof choice === "number" ? choice : this.rolling;
    this.range = rangeOf(choice, this.newest, this.time);
  }

  private drag(): void {
    this.dragged ??= { speed: this.playback?.speed ?? 0 };
    this.time = Math.max(Number(this.slider.value), this.oldest);
    this.scrub.offer(this.at(this.time, 0));
    this.render();
  }

  private endDrag(): void {
    if (this.dragged !== null) {
      const { speed } = this.dragged;
      this.dragged = null;
      this.scrub.finish(this.at(this.time, speed));
    }
  }

  private onKey(event: KeyboardEvent): void {
    const steps = new Map([
      ["ArrowLeft", -1],
      ["ArrowDown", -1],
      ["ArrowRight", 1],
      ["ArrowUp", 1],
      ["PageDown", -PAGE_STEPS],
      ["PageUp", PAGE_STEPS],
    ]).get(event.key);
    if (steps !== undefined) {
      event.preventDefault();
      this.step(steps * STEP_S);
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.seek(this.at(event.key === "Home" ? this.range.from : this.range.to));
    }
  }

  /** Plays and pauses by the space bar, which buttons and lists keep for themselves. */
  private pressSpace(event: KeyboardEvent): void {
    const isFree = event.target === this.slider || event.target === event.currentTarget;
    if (event.key === " " && isFree) {
      event.preventDefault();
      this.togglePlay();
    }
  }

  private render(): void {
    const { time, newest, playback } = this;
    if (Number.isNaN(time)) {
      return;
    }
    const isLive = playback === null && this.dragged === null;
    put(this.clock, writeClock(time));
    put(this.date, writeDate(time));
    put(this.utc, writeUtc(time));
    this.clock.title = writeIso(time);
    this.live.ariaPressed = String(isLive);
    this.play.classList.toggle("is-playing", this.isPlaying);
    this.play.ariaLabel = this.isPlaying ? "Pause" : "Play";
    this.play.title = this.isPlaying ? "Pause (space)" : "Play (space)";
    setValue(this.speeds, String(SPEEDS.findLast((speed) => speed <= this.speed) ?? SPEEDS[0]));
    this.renderRange();
    // Not by the property, which Firefox knows since version 119 only.
    const spoken = isLive ? "now, live" : writeSpokenTime(time, newest);
    this.slider.setAttribute("aria-valuetext", spoken);
    const { range, hours, oldest } = this;
    this.scale.render({ range, hours, oldest, time });
  }

  private renderRange(): void {
    const { choice, range, slider, day } = this;
    const isDay = typeof choice === "string";
    setValue(this.ranges, isDay ? DAY : String(choice));
    day.hidden = !isDay;
    day.max = dayOf(this.newest);
    if (isDay && document.activeElement !== day) {
      day.value = choice;
    }
    slider.min = String(Math.floor(range.from));
    slider.max = String(Math.ceil(range.to));
    if (this.dragged === null) {
      slider.value = String(Math.round(this.time));
    }
  }

  /** Loads the stored hours when another range is chosen, and every five minutes. */
  private async loadHours(): Promise<void> {
    const isOld = performance.now() - this.hoursMs > HOURS_AGE_MS;
    if (this.choice === this.hoursChoice && !isOld) {
      return;
    }
    this.hoursChoice = this.choice;
    this.hoursMs = performance.now();
    this.abort.abort();
    this.abort = new AbortController();
    const { from, to } = this.range;
    try {
      this.hours = await fetchHours(Math.floor(from), Math.ceil(to), this.abort.signal);
      put(this.note, "");
    } catch (error) {
      if (!isAbort(error)) {
        this.hoursMs -= HOURS_AGE_MS - RETRY_MS;
        put(this.note, `The stored hours could not be loaded: ${(error as Error).message}.`);
      }
    }
    this.render();
  }
}

/** Sets the value of a list if it differs, so that an open list is not disturbed. */
function setValue(list: HTMLSelectElement, value: string): void {
  if (list.value !== value) {
    list.value = value;
  }
}
