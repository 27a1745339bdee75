/** What is behind and below the slider: bars of what is stored, and the times. */

import { type Axis, place } from "../charts/axis.ts";
import { Surface } from "../charts/surface.ts";
import type { Hour } from "../history/answers.ts";
import { barsOf } from "./hour-bars.ts";
import { HOUR_S, type Span } from "./span.ts";
import { ticksOf } from "./ticks.ts";

/** As in time-bar.css: half the slider's thumb, whose middle never reaches the edge. */
const INSET_PX = 8;
const LABELS_PX = 15;
const LEAST_BAR_PX = 3;
const TICK_PX = 58;
const FONT = "12px system-ui, sans-serif";

export interface ScaleView {
  span: Span;
  hours: readonly Hour[];
  /** Unix seconds; nobody gets further back. */
  oldest: number;
  time: number;
}

export class TimeScale {
  readonly surface = new Surface((pen) => this.paint(pen));
  private view: ScaleView | null = null;

  constructor() {
    this.surface.canvas.ariaHidden = "true";
  }

  /** Paints only what would be seen to have moved. */
  show(view: ScaleView): void {
    const before = this.view;
    const pixelS = (view.span.to - view.span.from) / Math.max(this.surface.width, 1);
    const isSame =
      before !== null &&
      before.hours === view.hours &&
      before.oldest === view.oldest &&
      Math.abs(before.span.from - view.span.from) < pixelS / 2 &&
      Math.abs(before.span.to - view.span.to) < pixelS / 2 &&
      Math.abs(before.time - view.time) < pixelS / 2;
    if (!isSame) {
      this.view = view;
      this.surface.redraw();
    }
  }

  private paint(pen: CanvasRenderingContext2D): void {
    const { view, surface } = this;
    if (view === null) {
      return;
    }
    const { from, to } = view.span;
    const axis = { low: from, high: to, start: INSET_PX, end: surface.width - INSET_PX };
    const floor = surface.height - LABELS_PX;
    this.paintBars(pen, axis, floor, view);
    pen.fillStyle = surface.colour("--edge");
    pen.fillRect(axis.start, floor - 1, axis.end - axis.start, 1);
    pen.fillStyle = surface.colour("--accent");
    const x = place(axis, Math.min(Math.max(view.time, from), to));
    const begin = place(axis, Math.min(Math.max(view.oldest, from), to));
    pen.fillRect(begin, floor - 2, Math.max(x - begin, 0), 2);
    this.paintTicks(pen, axis, floor);
  }

  /** Bars of hours that have passed the time shown are lit. */
  private paintBars(
    pen: CanvasRenderingContext2D,
    axis: Axis,
    floor: number,
    { hours, span, time }: ScaleView,
  ): void {
    const gap = (axis.end - axis.start) / ((span.to - span.from) / HOUR_S) > 6 ? 1 : 0;
    pen.fillStyle = this.surface.colour("--accent");
    for (const bar of barsOf(hours, span)) {
      const left = place(axis, bar.from);
      const width = Math.max(place(axis, bar.to) - left - gap, 1);
      const height = Math.max(bar.part * (floor - 4), LEAST_BAR_PX);
      pen.globalAlpha = bar.from <= time ? 0.34 : 0.18;
      pen.fillRect(left, floor - height, width, height);
    }
    pen.globalAlpha = 1;
  }

  private paintTicks(pen: CanvasRenderingContext2D, axis: Axis, floor: number): void {
    const { surface } = this;
    const most = Math.max(2, Math.floor((axis.end - axis.start) / TICK_PX));
    pen.font = FONT;
    pen.textAlign = "center";
    for (const { time, label, isDay } of ticksOf(axis.low, axis.high, most)) {
      const x = Math.round(place(axis, time));
      const half = pen.measureText(label).width / 2;
      pen.fillStyle = surface.colour("--soft");
      pen.fillRect(x, floor - (isDay ? 6 : 4), 1, isDay ? 6 : 4);
      pen.fillStyle = surface.colour(isDay ? "--ink" : "--soft");
      const middle = Math.min(Math.max(x, half), surface.width - half);
      pen.fillText(label, middle, surface.height - 3);
    }
  }
}
