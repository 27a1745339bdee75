/** Converts between values and pixels of an axis, and chooses the round values of its grid. */

import { type System, unitOf } from "../core/units.ts";

/** Both ends of an axis, in values and in pixels. */
export interface Axis {
  low: number;
  high: number;
  start: number;
  end: number;
}

/** Returns the pixel of a value. */
export function place(axis: Axis, value: number): number {
  const part = (value - axis.low) / (axis.high - axis.low);
  return axis.start + (axis.end - axis.start) * part;
}

/** Returns the value, limited to the range of the axis. */
export function within({ low, high }: Axis, value: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Returns the value at a pixel, limited to the range of the axis. */
export function valueAt(axis: Axis, pixel: number): number {
  const part = (pixel - axis.start) / (axis.end - axis.start);
  return axis.low + (axis.high - axis.low) * Math.min(Math.max(part, 0), 1);
}

export type Plotted = "altitude" | "speed";

/** An axis ends this much above the highest value. */
const HEADROOM = 1.06;

/** The least end of an axis in OpenSky's unit, so that taxiing does not look like a climb. */
const MIN_TOP: Record<Plotted, number> = { altitude: 600, speed: 60 };

/** Returns the end of an axis whose highest value is given, both in OpenSky's unit; NaN is no value. */
export function topOf(highest: number, plotted: Plotted): number {
  return Math.max(Number.isNaN(highest) ? 0 : highest * HEADROOM, MIN_TOP[plotted]);
}

/** Returns values from 0 to `top` in OpenSky's unit that are round in the user's; at most `limit` after 0. */
export function roundValues(
  top: number,
  plotted: Plotted,
  system: System,
  limit: number,
): number[] {
  const unit = 1 / unitOf(plotted, system).factor;
  const step = roundStep(top / unit / limit);
  const count = Math.floor(top / unit / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step * unit);
}

/** Returns the least of 1, 2 or 5 times a power of ten that is not below the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = [1, 2, 5].find((step) => step * power >= value);
  return (lead ?? 10) * power;
}
