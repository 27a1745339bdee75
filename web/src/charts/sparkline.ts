/** A small line chart of a series without axes, in the colours of the theme. */

import "./sparkline.css";
import { Surface } from "./surface.ts";

/** Numbers in order of time, the oldest at index 0; NaN is a gap. */
export interface Series {
  readonly length: number;
  readonly capacity: number;
  at(index: number): number;
}

/** Numbers of a series; NaN where nothing was received. */
export interface Extent {
  newest: number;
  least: number;
  greatest: number;
}

export interface SparklineOptions {
  /** The name of the series, for screen readers. */
  label: string;
  write(value: number): string;
  /** Whether the lower edge is 0; otherwise it is the least number. */
  isFromZero: boolean;
}

const LINE_PX = 1.5;
const DOT_PX = 2.25;
/** Opacity of the area below the line. */
const AREA_OPACITY = 0.14;

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

/** Returns the chart's content in words, for screen readers. */
export function describe(
  { label, write }: Pick<SparklineOptions, "label" | "write">,
  extent: Extent,
): string {
  const { newest, least, greatest } = extent;
  if (Number.isNaN(least)) {
    return `${label}: no data yet`;
  }
  const now = Number.isNaN(newest) ? "unknown" : write(newest);
  return `${label}: now ${now}, lowest ${write(least)}, highest ${write(greatest)}`;
}

export class Sparkline {
  private readonly surface = new Surface((pen, surface) => this.paint(pen, surface));
  private readonly options: SparklineOptions;
  private series: Series | null = null;

  constructor(host: HTMLElement, options: SparklineOptions) {
    this.options = options;
    this.surface.canvas.classList.add("sparkline");
    this.surface.canvas.setAttribute("role", "img");
    host.append(this.surface.canvas);
  }

  /** Draws the series in the next frame, the newest number at the right edge. */
  draw(series: Series): void {
    this.series = series;
    this.surface.canvas.ariaLabel = describe(this.options, extentOf(series));
    this.surface.redraw();
  }

  private paint(pen: CanvasRenderingContext2D, surface: Surface): void {
    const { series } = this;
    const extent = series === null ? null : extentOf(series);
    if (series === null || extent === null || Number.isNaN(extent.least)) {
      return;
    }
    const { color } = getComputedStyle(surface.canvas);
    pen.strokeStyle = color;
    pen.fillStyle = color;
    pen.lineWidth = LINE_PX;
    pen.lineJoin = "round";
    const least = this.options.isFromZero ? Math.min(extent.least, 0) : extent.least;
    paintSeries(pen, scaleOf(series, least, extent.greatest, surface));
  }
}

/** The pixels of a series' indexes and values. */
interface Scale {
  series: Series;
  height: number;
  x(index: number): number;
  y(value: number): number;
}

function scaleOf(
  series: Series,
  least: number,
  greatest: number,
  { width, height }: Surface,
): Scale {
  const step = (width - 2 * DOT_PX) / Math.max(series.capacity - 1, 1);
  const plotHeight = height - 2 * DOT_PX;
  const span = greatest - least;
  return {
    series,
    height,
    x: (index) => width - DOT_PX - (series.length - 1 - index) * step,
    // A constant series is a line in the middle.
    y: (value) => DOT_PX + plotHeight * (span === 0 ? 0.5 : 1 - (value - least) / span),
  };
}

/** Paints one line for each part of the series between gaps. */
function paintSeries(pen: CanvasRenderingContext2D, scale: Scale): void {
  const { series } = scale;
  let first = -1;
  for (let index = 0; index <= series.length; index++) {
    const isGap = Number.isNaN(series.at(index));
    if (!isGap && first < 0) {
      first = index;
    } else if (isGap && first >= 0) {
      paintPart(pen, scale, first, index);
      first = -1;
    }
  }
}

/** Paints the part from `first` up to but not including `end`, and a dot at the newest number. */
function paintPart(pen: CanvasRenderingContext2D, scale: Scale, first: number, end: number): void {
  const { series, height, x, y } = scale;
  pen.beginPath();
  for (let index = first; index < end; index++) {
    pen.lineTo(x(index), y(series.at(index)));
  }
  pen.stroke();
  pen.lineTo(x(end - 1), height);
  pen.lineTo(x(first), height);
  pen.globalAlpha = AREA_OPACITY;
  pen.fill();
  pen.globalAlpha = 1;
  if (end === series.length || end - first === 1) {
    pen.beginPath();
    pen.arc(x(end - 1), y(series.at(end - 1)), DOT_PX, 0, 2 * Math.PI);
    pen.fill();
  }
}
