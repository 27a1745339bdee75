/** A tiny plot of a series: a line without axes, in the colours of the theme. */

import "./sparkline.css";
import { make } from "../core/elements.ts";

/** Numbers, the oldest at 0; NaN is a gap. */
export interface Series {
  readonly length: number;
  readonly capacity: number;
  at(index: number): number;
}

export interface Extent {
  newest: number;
  least: number;
  greatest: number;
}

export interface SparklineOptions {
  /** What is plotted, for those who do not see it. */
  label: string;
  write(value: number): string;
  /** Whether the lower edge is 0; otherwise it is the least number. */
  isFromZero: boolean;
}

const LINE_PX = 1.5;
const DOT_PX = 2.25;
const SHADE = 0.14;

/** Gives the newest, least and greatest number; NaN where nothing was received. */
export function extentOf(series: Series): Extent {
  const extent: Extent = {
    newest: series.at(series.length - 1),
    least: Number.NaN,
    greatest: Number.NaN,
  };
  for (let index = 0; index < series.length; index++) {
    const value = series.at(index);
    if (!Number.isNaN(value)) {
      extent.least = value < extent.least || Number.isNaN(extent.least) ? value : extent.least;
      extent.greatest =
        value > extent.greatest || Number.isNaN(extent.greatest) ? value : extent.greatest;
    }
  }
  return extent;
}

/** Says in words what the plot shows. */
export function describe(
  { label, write }: Pick<SparklineOptions, "label" | "write">,
  extent: Extent,
): string {
  const { newest, least, greatest } = extent;
  if (Number.isNaN(least)) {
    return `${label}: nothing yet`;
  }
  const now = Number.isNaN(newest) ? "unknown" : write(newest);
  return `${label}: now ${now}, least ${write(least)}, greatest ${write(greatest)}`;
}

export class Sparkline {
  private readonly canvas = make("canvas", { class: "sparkline", role: "img" });
  private readonly options: SparklineOptions;

  constructor(host: HTMLElement, options: SparklineOptions) {
    this.options = options;
    host.append(this.canvas);
  }

  /** Plots the series; the newest number is at the right end. */
  draw(series: Series): void {
    const extent = extentOf(series);
    this.canvas.ariaLabel = describe(this.options, extent);
    const { clientWidth, clientHeight } = this.canvas;
    const pen = this.prepare(clientWidth, clientHeight);
    if (pen !== null && clientWidth > 0 && !Number.isNaN(extent.least)) {
      const least = this.options.isFromZero ? Math.min(extent.least, 0) : extent.least;
      plot(pen, scaleOf(series, least, extent.greatest, this.canvas));
    }
  }

  /** Gives a pen for an empty canvas that has as many pixels as the screen. */
  private prepare(width: number, height: number): CanvasRenderingContext2D | null {
    const ratio = devicePixelRatio;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
    }
    const pen = this.canvas.getContext("2d");
    const { color } = getComputedStyle(this.canvas);
    if (pen !== null) {
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.strokeStyle = color;
      pen.fillStyle = color;
      pen.lineWidth = LINE_PX;
      pen.lineJoin = "round";
    }
    return pen;
  }
}

/** Where numbers come to lie. */
interface Scale {
  series: Series;
  height: number;
  x(index: number): number;
  y(value: number): number;
}

function scaleOf(series: Series, least: number, greatest: number, canvas: HTMLElement): Scale {
  const { clientWidth: width, clientHeight: height } = canvas;
  const step = (width - 2 * DOT_PX) / Math.max(series.capacity - 1, 1);
  const room = height - 2 * DOT_PX;
  const span = greatest - least;
  return {
    series,
    height,
    x: (index) => width - DOT_PX - (series.length - 1 - index) * step,
    // Where nothing changes the line runs in the middle.
    y: (value) => DOT_PX + room * (span === 0 ? 0.5 : 1 - (value - least) / span),
  };
}

/** Draws what lies between gaps, run after run. */
function plot(pen: CanvasRenderingContext2D, scale: Scale): void {
  const { series } = scale;
  let first = -1;
  for (let index = 0; index <= series.length; index++) {
    const isGap = Number.isNaN(series.at(index));
    if (!isGap && first < 0) {
      first = index;
    } else if (isGap && first >= 0) {
      drawRun(pen, scale, first, index);
      first = -1;
    }
  }
}

function drawRun(pen: CanvasRenderingContext2D, scale: Scale, first: number, end: number): void {
  const { series, height, x, y } = scale;
  pen.beginPath();
  for (let index = first; index < end; index++) {
    pen.lineTo(x(index), y(series.at(index)));
  }
  pen.stroke();
  pen.lineTo(x(end - 1), height);
  pen.lineTo(x(first), height);
  pen.globalAlpha = SHADE;
  pen.fill();
  pen.globalAlpha = 1;
  if (end === series.length || end - first === 1) {
    pen.beginPath();
    pen.arc(x(end - 1), y(series.at(end - 1)), DOT_PX, 0, 2 * Math.PI);
    pen.fill();
  }
}
