/** The altitude and the speed of the selected flight over time, with a cursor that reads values. */

import "./profile.css";
import { make } from "../core/elements.ts";
import { writeClock, writeDate, writeDuration, writeMinute } from "../core/times.ts";
import { type System, write } from "../core/units.ts";
import type { Track } from "../history/track.ts";
import { valueAt } from "./axis.ts";
import { highestOf, paintProfile, timeAxis } from "./profile-drawing.ts";
import { Surface } from "./surface.ts";

export interface ProfileListener {
  /** Takes the time that is pointed at, Unix seconds; null when none is any more. */
  hover(time: number | null): void;
}

const FAR = 10;

export class Profile {
  private track: Track | null = null;
  private system: System = "metric";
  private moment: number | null = null;
  private cursor: number | null = null;
  private readonly listener: ProfileListener;
  private readonly surface: Surface;
  private readonly figure = make("div", { class: "profile-figure" });
  private readonly handle = make("div", {
    class: "profile-handle",
    role: "slider",
    tabindex: "0",
    "aria-label": "Moment of the flight",
  });
  private readonly reading = make("p", { class: "profile-reading" });
  private readonly empty = make("p", { class: "profile-empty" });

  constructor(host: HTMLElement, listener: ProfileListener) {
    this.listener = listener;
    this.surface = new Surface((pen, surface) => {
      const { track, system, moment, cursor } = this;
      if (track !== null && track.length > 0) {
        paintProfile(pen, surface, { track, system, moment, cursor });
      }
    });
    this.surface.canvas.setAttribute("role", "img");
    this.figure.append(this.surface.canvas, this.handle);
    host.classList.add("profile");
    host.append(this.reading, this.figure, this.empty);
    this.listen();
    this.refresh();
  }

  /** Shows a track; null where there is none. */
  show(track: Track | null, system: System): void {
    if (track !== this.track) {
      this.point(null);
    }
    this.track = track;
    this.system = system;
    this.refresh();
  }

  /** Marks the moment that the map shows, in Unix seconds. */
  mark(time: number): void {
    if (Math.round(time) !== this.moment) {
      this.moment = Math.round(time);
      this.read();
      this.surface.redraw();
    }
  }

  /** Says what is waited for, or why there is nothing to see; until the next `show`. */
  say(text: string): void {
    this.track = null;
    this.point(null);
    this.refresh();
    this.empty.textContent = text;
  }

  /** Takes what was appended to the track. */
  refresh(): void {
    const { track } = this;
    const isEmpty = track === null || track.length === 0;
    this.figure.hidden = isEmpty;
    this.reading.hidden = isEmpty;
    this.empty.hidden = !isEmpty;
    this.empty.textContent = "No altitude or speed of this flight is stored yet.";
    if (!isEmpty) {
      this.surface.canvas.setAttribute("aria-label", summaryOf(track, this.system));
      this.read();
    }
    this.surface.redraw();
  }

  private listen(): void {
    this.handle.addEventListener("pointermove", (event) => this.follow(event));
    this.handle.addEventListener("pointerdown", (event) => this.follow(event));
    // A finger that is lifted leaves its values to be read.
    this.handle.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") {
        this.point(null);
      }
    });
    this.handle.addEventListener("blur", () => this.point(null));
    this.handle.addEventListener("keydown", (event) => this.press(event));
  }

  private follow(event: PointerEvent): void {
    if (this.track !== null && this.track.length > 0) {
      const axis = timeAxis(this.track, this.surface.width);
      this.point(this.track.nearest(valueAt(axis, event.offsetX)));
    }
  }

  private press(event: KeyboardEvent): void {
    const last = (this.track?.length ?? 0) - 1;
    const from = this.cursor ?? last;
    const step = event.shiftKey ? FAR : 1;
    const to = new Map([
      ["ArrowLeft", from - step],
      ["ArrowDown", from - step],
      ["ArrowRight", from + step],
      ["ArrowUp", from + step],
      ["PageDown", from - FAR],
      ["PageUp", from + FAR],
      ["Home", 0],
      ["End", last],
    ]).get(event.key);
    if (to !== undefined && last >= 0) {
      event.preventDefault();
      this.point(Math.min(Math.max(to, 0), last));
    } else if (event.key === "Escape" && this.cursor !== null) {
      // The page would take it as "close".
      event.stopPropagation();
      this.point(null);
    }
  }

  private point(index: number | null): void {
    if (index === this.cursor) {
      return;
    }
    this.cursor = index;
    this.listener.hover(index === null ? null : (this.track?.times[index] ?? null));
    this.read();
    this.surface.redraw();
  }

  /** Writes the values under the cursor, or those of the moment that the map shows. */
  private read(): void {
    const { track, system, handle } = this;
    if (track === null || track.length === 0) {
      return;
    }
    const index = this.cursor ?? track.nearest(this.moment ?? track.last);
    const time = track.times[index] as number;
    const values = valuesAt(track, index, system);
    this.reading.replaceChildren(
      make("time", { title: writeDate(time) }, writeClock(time)),
      ...values.map((value) => make("span", {}, value)),
    );
    this.reading.classList.toggle("is-pointed", this.cursor !== null);
    handle.ariaValueMin = "0";
    handle.ariaValueMax = String(track.length - 1);
    handle.ariaValueNow = String(index);
    handle.ariaValueText = [writeClock(time), ...values].join(", ");
  }
}

function valuesAt(track: Track, index: number, system: System): string[] {
  const velocity = write(track.velocities[index] as number, "speed", system);
  const altitude = track.altitudes[index] as number;
  const isGrounded = track.onGround[index] === 1 && Number.isNaN(altitude);
  const doubts = [
    ...(track.isPositionImplausible(index) ? ["position implausible"] : []),
    ...(track.isAltitudeImplausible(index) ? ["altitude implausible"] : []),
  ];
  return [isGrounded ? "on the ground" : write(altitude, "altitude", system), velocity, ...doubts];
}

/** Says in words what is to be seen. */
export function summaryOf(track: Track, system: System): string {
  const altitude = write(highestOf(track, "altitude"), "altitude", system);
  const speed = write(highestOf(track, "speed"), "speed", system);
  const length = writeDuration(track.last - track.first);
  const ends = `from ${writeMinute(track.first)} to ${writeMinute(track.last)}, ${length}`;
  return `Altitude and speed of ${track.icao24} ${ends}: highest ${altitude}, fastest ${speed}`;
}
