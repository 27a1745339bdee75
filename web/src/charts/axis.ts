/** Where values stand on an axis, and where it has its round numbers. */

import { type System, unitOf } from "../core/units.ts";

/** From one end of the axis to the other, in values and in pixels. */
export interface Axis {
  low: number;
  high: number;
  start: number;
  end: number;
}

export function place(axis: Axis, value: number): number {
  const part = (value - axis.low) / (axis.high - axis.low);
  return axis.start + (axis.end - axis.start) * part;
}

/** Gives the value, or the end of the axis that it is beyond. */
export function within({ low, high }: Axis, value: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Gives the value at a pixel, within the axis. */
export function valueAt(axis: Axis, pixel: number): number {
  const part = (pixel - axis.start) / (axis.end - axis.start);
  return axis.low + (axis.high - axis.low) * Math.min(Math.max(part, 0), 1);
}

export type Plotted = "altitude" | "speed";

const SPARE = 1.06;

/** The axis goes on to here at least, so that who taxies is not drawn as a climber. */
const LEAST: Record<Plotted, number> = { altitude: 600, speed: 60 };

/** Gives where the axis ends: a little above the highest value, in OpenSky's unit. */
export function topOf(highest: number, plotted: Plotted): number {
  return Math.max(Number.isNaN(highest) ? 0 : highest * SPARE, LEAST[plotted]);
}

/** Gives the reader's round values from 0 to the top, in OpenSky's unit; so many at most after 0. */
export function roundValues(top: number, plotted: Plotted, system: System, most: number): number[] {
  const unit = 1 / unitOf(plotted, system).factor;
  const step = roundStep(top / unit / most);
  const count = Math.floor(top / unit / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step * unit);
}

/** Gives 1, 2 or 5 times a power of ten, not below the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const lead = [1, 2, 5].find((step) => step * power >= value);
  return (lead ?? 10) * power;
}
