/** Paints the scale of the slider: bars for the stored hours, and times below them. */

import { type Axis, place } from "../charts/axis.ts";
import { Surface } from "../charts/surface.ts";
import { ticksOf } from "../charts/time-ticks.ts";
import { HOUR_S } from "../core/times.ts";
import type { Hour } from "../history/responses.ts";
import { barsOf } from "./stored-hours.ts";
import type { TimeRange } from "./time-range.ts";

/** Half the width of the slider's thumb, whose middle never reaches the edge; as in time-bar.css. */
const INSET_PX = 8;
/** The height of the labels below the bars. */
const LABELS_PX = 15;
const MIN_BAR_PX = 3;
/** The least distance between ticks: a label and a gap fit in. */
const TICK_PX = 58;
const FONT = "12px system-ui, sans-serif";

export interface ScaleData {
  range: TimeRange;
  hours: readonly Hour[];
  /** The oldest time that is stored, in Unix seconds. */
  oldest: number;
  /** The time shown, in Unix seconds. */
  time: number;
}

export class TimeScale {
  readonly surface = new Surface((context) => this.paint(context));
  private data: ScaleData | null = null;

  constructor() {
    this.surface.canvas.ariaHidden = "true";
  }

  /** Repaints if anything has moved by half a pixel. */
  render(data: ScaleData): void {
    const before = this.data;
    const pixelS = (data.range.to - data.range.from) / Math.max(this.surface.width, 1);
    const isSame =
      before !== null &&
      before.hours === data.hours &&
      before.oldest === data.oldest &&
      Math.abs(before.range.from - data.range.from) < pixelS / 2 &&
      Math.abs(before.range.to - data.range.to) < pixelS / 2 &&
      Math.abs(before.time - data.time) < pixelS / 2;
    if (!isSame) {
      this.data = data;
      this.surface.redraw();
    }
  }

  private paint(context: CanvasRenderingContext2D): void {
    const { data, surface } = this;
    if (data === null) {
      return;
    }
    const { from, to } = data.range;
    const axis = { low: from, high: to, start: INSET_PX, end: surface.width - INSET_PX };
    const floor = surface.height - LABELS_PX;
    this.paintBars(context, axis, floor, data);
    context.fillStyle = surface.colour("--edge");
    context.fillRect(axis.start, floor - 1, axis.end - axis.start, 1);
    context.fillStyle = surface.colour("--accent");
    const x = place(axis, Math.min(Math.max(data.time, from), to));
    const begin = place(axis, Math.min(Math.max(data.oldest, from), to));
    context.fillRect(begin, floor - 2, Math.max(x - begin, 0), 2);
    this.paintTicks(context, axis, floor);
  }

  /** Bars up to the time shown are brighter. */
  private paintBars(
    context: CanvasRenderingContext2D,
    axis: Axis,
    floor: number,
    { hours, range, time }: ScaleData,
  ): void {
    const gap = (axis.end - axis.start) / ((range.to - range.from) / HOUR_S) > 6 ? 1 : 0;
    context.fillStyle = this.surface.colour("--accent");
    for (const bar of barsOf(hours, range)) {
      const left = place(axis, bar.from);
      const width = Math.max(place(axis, bar.to) - left - gap, 1);
      const height = Math.max(bar.height * (floor - 4), MIN_BAR_PX);
      context.globalAlpha = bar.from <= time ? 0.34 : 0.18;
      context.fillRect(left, floor - height, width, height);
    }
    context.globalAlpha = 1;
  }

  private paintTicks(context: CanvasRenderingContext2D, axis: Axis, floor: number): void {
    const { surface } = this;
    const most = Math.max(2, Math.floor((axis.end - axis.start) / TICK_PX));
    context.font = FONT;
    context.textAlign = "center";
    for (const { time, label, isDay } of ticksOf(axis.low, axis.high, most)) {
      const x = Math.round(place(axis, time));
      const half = context.measureText(label).width / 2;
      context.fillStyle = surface.colour("--soft");
      context.fillRect(x, floor - (isDay ? 6 : 4), 1, isDay ? 6 : 4);
      context.fillStyle = surface.colour(isDay ? "--ink" : "--soft");
      const middle = Math.min(Math.max(x, half), surface.width - half);
      context.fillText(label, middle, surface.height - 3);
    }
  }
}
