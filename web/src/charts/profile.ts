/** The altitude and speed chart of the selected flight, with a cursor that shows values. */

import "./profile.css";
import { make } from "../core/elements.ts";
import { writeClock, writeDate, writeDuration, writeMinute } from "../core/times.ts";
import { type System, write } from "../core/units.ts";
import type { Track } from "../history/track.ts";
import { valueAt } from "./axis.ts";
import { highestOf, paintProfile, timeAxis } from "./profile-drawing.ts";
import { Surface } from "./surface.ts";

export interface ProfileListener {
  /** Called with the time under the cursor in Unix seconds; null when the cursor is hidden. */
  hover(time: number | null): void;
}

/** State vectors that Page Up, Page Down and Shift with an arrow key skip. */
const FAST_STEP = 10;

export class Profile {
  private track: Track | null = null;
  private system: System = "metric";
  /** The time that the map shows, Unix seconds; null before `mark` is called. */
  private moment: number | null = null;
  /** The index of the state vector under the cursor; null if the cursor is hidden. */
  private cursor: number | null = null;
  private readonly listener: ProfileListener;
  private readonly surface: Surface;
  private readonly figure = make("div", { class: "profile-figure" });
  private readonly handle = make("div", {
    class: "profile-handle",
    role: "slider",
    tabindex: "0",
    "aria-label": "Time within the flight",
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

  /** Shows a track; null shows an empty chart. */
  show(track: Track | null, system: System): void {
    if (track !== this.track) {
      this.moveCursor(null);
    }
    this.track = track;
    this.system = system;
    this.refresh();
  }

  /** Marks the time that the map shows, in Unix seconds. */
  mark(time: number): void {
    if (Math.round(time) !== this.moment) {
      this.moment = Math.round(time);
      this.showValues();
      this.surface.redraw();
    }
  }

  /** Shows a message in place of the chart until the next `show`: what is loading, or an error. */
  showNotice(text: string): void {
    this.track = null;
    this.moveCursor(null);
    this.refresh();
    this.empty.textContent = text;
  }

  /** Shows the points that were appended to the track. */
  refresh(): void {
    const { track } = this;
    const isEmpty = track === null || track.length === 0;
    this.figure.hidden = isEmpty;
    this.reading.hidden = isEmpty;
    this.empty.hidden = !isEmpty;
    this.empty.textContent = "No altitude or speed has been stored for this flight yet.";
    if (!isEmpty) {
      this.surface.canvas.setAttribute("aria-label", summaryOf(track, this.system));
      this.showValues();
    }
    this.surface.redraw();
  }

  private listen(): void {
    this.handle.addEventListener("pointermove", (event) => this.onPointer(event));
    this.handle.addEventListener("pointerdown", (event) => this.onPointer(event));
    // After a touch the values stay, so that they can be read.
    this.handle.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType === "mouse") {
        this.moveCursor(null);
      }
    });
    this.handle.addEventListener("blur", () => this.moveCursor(null));
    this.handle.addEventListener("keydown", (event) => this.onKeyDown(event));
  }

  private onPointer(event: PointerEvent): void {
    if (this.track !== null && this.track.length > 0) {
      const axis = timeAxis(this.track, this.surface.width);
      this.moveCursor(this.track.nearest(valueAt(axis, event.offsetX / this.surface.scale)));
    }
  }

  private onKeyDown(event: KeyboardEvent): void {
    const last = (this.track?.length ?? 0) - 1;
    const from = this.cursor ?? last;
    const step = event.shiftKey ? FAST_STEP : 1;
    const to = new Map([
      ["ArrowLeft", from - step],
      ["ArrowDown", from - step],
      ["ArrowRight", from + step],
      ["ArrowUp", from + step],
      ["PageDown", from - FAST_STEP],
      ["PageUp", from + FAST_STEP],
      ["Home", 0],
      ["End", last],
    ]).get(event.key);
    if (to !== undefined && last >= 0) {
      event.preventDefault();
      this.moveCursor(Math.min(Math.max(to, 0), last));
    } else if (event.key === "Escape" && this.cursor !== null) {
      // Otherwise the page's Escape key would close the details.
      event.stopPropagation();
      this.moveCursor(null);
    }
  }

  private moveCursor(index: number | null): void {
    if (index === this.cursor) {
      return;
    }
    this.cursor = index;
    this.listener.hover(index === null ? null : (this.track?.times[index] ?? null));
    this.showValues();
    this.surface.redraw();
  }

  /** Writes the values under the cursor, or at the time that the map shows if there is none. */
  private showValues(): void {
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
  const isOnGround = track.onGround[index] === 1 && Number.isNaN(altitude);
  const warnings = [
    ...(track.isPositionImplausible(index) ? ["position implausible"] : []),
    ...(track.isAltitudeImplausible(index) ? ["altitude implausible"] : []),
  ];
  return [
    isOnGround ? "on the ground" : write(altitude, "altitude", system),
    velocity,
    ...warnings,
  ];
}

/** Returns the chart's content in words, for screen readers. */
export function summaryOf(track: Track, system: System): string {
  const altitude = write(highestOf(track, "altitude"), "altitude", system);
  const speed = write(highestOf(track, "speed"), "speed", system);
  const length = writeDuration(track.last - track.first);
  const ends = `from ${writeMinute(track.first)} to ${writeMinute(track.last)}, ${length}`;
  return `Altitude and speed of ${track.icao24} ${ends}: highest ${altitude}, fastest ${speed}`;
}
