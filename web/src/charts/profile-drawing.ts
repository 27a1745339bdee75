/** Paints the altitude chart and below it the speed chart of a track, on one time axis. */

import { currentTheme } from "../core/theme.ts";
import { type System, unitOf, write } from "../core/units.ts";
import { isSpeedPlausible } from "../history/plausibility.ts";
import { stretches, type Track } from "../history/track.ts";
import { HIGHEST_M, rampColour } from "../map/altitude-ramp.ts";
import { MAX_GLIDE_S } from "../map/dead-reckoning.ts";
import { type Axis, type Plotted, place, roundValues, topOf, within } from "./axis.ts";
import type { Surface } from "./surface.ts";
import { ticksOf } from "./time-ticks.ts";

export interface ProfileView {
  track: Track;
  system: System;
  /** The time that the map shows, Unix seconds; null if it is not known. */
  moment: number | null;
  /** The index of the state vector under the cursor; null if the cursor is hidden. */
  cursor: number | null;
}

const LEFT_PX = 50;
const RIGHT_PX = 10;
const TOP_PX = 18;
const BOTTOM_PX = 18;
const BETWEEN_PX = 24;
/** The fraction of the height that the altitude chart takes. */
const ALTITUDE_FRACTION = 0.62;
/** The least distance between two times below the chart. */
const TICK_PX = 50;
/** The least distance between two numbers of an axis. */
const LABEL_PX = 18;
const FONT = "12px system-ui, sans-serif";
/** The time axis is at least this long, so that the first points of a track do not fill it. */
const MIN_DURATION_S = 60;
/** Height of the bar that marks times on the ground. */
const GROUND_PX = 3;
/** Half the width of the cross at an implausible value. */
const CROSS_PX = 3;
/** The lengths of a dash and of the gap after it, over a silence. */
const DASHES_PX = [4, 3];

interface Plot {
  plotted: Plotted;
  column: Float32Array;
  /** Returns whether the value of a state vector is implausible and gets a cross, not a line. */
  isImplausible: (index: number) => boolean;
  values: number[];
  /** Upwards from the chart's lower edge. */
  axis: Axis;
  stroke: string | CanvasGradient;
}

export function timeAxis(track: Track, width: number): Axis {
  const low = track.first;
  return {
    low,
    high: Math.max(track.last, low + MIN_DURATION_S),
    start: LEFT_PX,
    end: width - RIGHT_PX,
  };
}

export function paintProfile(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  view: ProfileView,
): void {
  const { track } = view;
  const time = timeAxis(track, surface.width);
  const height = surface.height - TOP_PX - BOTTOM_PX - BETWEEN_PX;
  const middle = TOP_PX + height * ALTITUDE_FRACTION;
  const bottom = surface.height - BOTTOM_PX;
  const altitude = plotOf(view, "altitude", track.altitudes, { start: middle, end: TOP_PX });
  const speed = plotOf(view, "speed", track.velocities, {
    start: bottom,
    end: middle + BETWEEN_PX,
  });
  altitude.stroke = rampGradient(pen, altitude.axis);
  speed.stroke = surface.colour("--accent");
  pen.font = FONT;
  pen.lineJoin = "round";
  paintTicks(pen, surface, time, track);
  for (const plot of [altitude, speed]) {
    paintAxis(pen, surface, plot, view.system);
    paintLine(pen, track, time, plot);
    paintCrosses(pen, surface, track, time, plot);
  }
  paintGround(pen, surface, track, time, altitude.axis);
  paintMoment(pen, surface, time, view.moment);
  paintCursor(pen, surface, view, time, [altitude, speed]);
}

function plotOf(
  { track, system }: ProfileView,
  plotted: Plotted,
  column: Float32Array,
  pixels: { start: number; end: number },
): Plot {
  const most = Math.max(1, Math.floor((pixels.start - pixels.end) / LABEL_PX));
  const top = topOf(highestOf(track, plotted), plotted);
  const values = roundValues(top, plotted, system, most);
  const axis = { low: 0, high: top, ...pixels };
  // An altitude belongs to a position: if the position is wrong, the altitude may be as well.
  const isImplausible = (index: number) =>
    !isPlausible(track, plotted, index) ||
    (plotted === "altitude" && track.isPositionImplausible(index));
  return { plotted, column, isImplausible, values, axis, stroke: "" };
}

function isPlausible(track: Track, plotted: Plotted, index: number): boolean {
  return plotted === "altitude"
    ? !track.isAltitudeImplausible(index)
    : isSpeedPlausible(track.velocities[index] as number);
}

/** Returns the highest plausible value in OpenSky's unit; NaN if none was received. */
export function highestOf(track: Track, plotted: Plotted): number {
  const column = plotted === "altitude" ? track.altitudes : track.velocities;
  let highest = Number.NaN;
  for (let index = 0; index < track.length; index++) {
    const value = column[index] as number;
    if ((value > highest || Number.isNaN(highest)) && isPlausible(track, plotted, index)) {
      highest = value;
    }
  }
  return highest;
}

/** Returns the map's altitude colours from the bottom to the top of an axis. */
function rampGradient(pen: CanvasRenderingContext2D, axis: Axis): CanvasGradient {
  const theme = currentTheme();
  const gradient = pen.createLinearGradient(0, axis.start, 0, axis.end);
  for (let fraction = 0; fraction <= 1; fraction += 0.1) {
    const onRamp = Math.min((axis.high * fraction) / HIGHEST_M, 1);
    gradient.addColorStop(fraction, `rgb(${rampColour(onRamp, theme).join(" ")})`);
  }
  return gradient;
}

function paintAxis(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  { values, axis, plotted }: Plot,
  system: System,
): void {
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const value of values) {
    const y = Math.round(place(axis, value)) + 0.5;
    pen.fillStyle = surface.colour("--edge");
    pen.fillRect(LEFT_PX, y - 0.5, surface.width - LEFT_PX - RIGHT_PX, 1);
    pen.fillStyle = surface.colour("--soft");
    pen.fillText(writeNumber(value, plotted, system), LEFT_PX - 6, y);
  }
  pen.textAlign = "left";
  pen.fillText(`${plotted}, ${unitOf(plotted, system).symbol}`, LEFT_PX, axis.end - 9);
}

/** Writes a measure without its unit, which is written once above the axis. */
function writeNumber(value: number, plotted: Plotted, system: System): string {
  return write(value, plotted, system).split(" ")[0] ?? "";
}

function paintTicks(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  axis: Axis,
  track: Track,
): void {
  const most = Math.max(2, Math.floor((axis.end - axis.start) / TICK_PX));
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  for (const { time, label } of ticksOf(track.first, axis.high, most)) {
    const x = Math.round(place(axis, time));
    pen.fillStyle = surface.colour("--edge");
    pen.fillRect(x, TOP_PX, 1, surface.height - TOP_PX - BOTTOM_PX + 3);
    pen.fillStyle = surface.colour("--soft");
    const half = pen.measureText(label).width / 2;
    pen.fillText(label, Math.min(x, surface.width - half), surface.height - 3);
  }
}

function paintLine(pen: CanvasRenderingContext2D, track: Track, time: Axis, plot: Plot): void {
  const { column, axis, stroke, plotted, isImplausible } = plot;
  pen.strokeStyle = stroke;
  pen.fillStyle = stroke;
  pen.lineWidth = 1.75;
  for (const [first, last] of stretches(track, column, isImplausible)) {
    if (first === last) {
      paintDot(pen, time, plot, track, first);
      continue;
    }
    const points = pointsOf(track, time, plot, first, last);
    paintSteps(pen, points, false);
    paintSteps(pen, points, true);
    if (plotted === "altitude") {
      paintArea(pen, points, axis.start);
    }
  }
}

export interface ProfilePoint {
  x: number;
  y: number;
  /** Whether so much time has passed since the point before that the values between are an estimate. */
  isAfterSilence: boolean;
}

function pointsOf(
  track: Track,
  time: Axis,
  { column, axis }: Plot,
  first: number,
  last: number,
): ProfilePoint[] {
  return Array.from({ length: last - first + 1 }, (_, offset) => {
    const index = first + offset;
    const at = track.times[index] as number;
    return {
      x: place(time, at),
      y: place(axis, column[index] as number),
      isAfterSilence: offset > 0 && at - (track.times[index - 1] as number) > MAX_GLIDE_S,
    };
  });
}

/** Paints the steps over silences, dashed, or all the others. */
export function paintSteps(
  pen: CanvasRenderingContext2D,
  points: readonly ProfilePoint[],
  areAfterSilence: boolean,
): void {
  pen.setLineDash(areAfterSilence ? DASHES_PX : []);
  pen.beginPath();
  for (const { x, y, isAfterSilence } of points) {
    if (isAfterSilence === areAfterSilence) {
      pen.lineTo(x, y);
    } else {
      pen.moveTo(x, y);
    }
  }
  pen.stroke();
  pen.setLineDash([]);
}

function paintArea(
  pen: CanvasRenderingContext2D,
  points: readonly ProfilePoint[],
  bottom: number,
): void {
  pen.beginPath();
  for (const { x, y } of points) {
    pen.lineTo(x, y);
  }
  pen.lineTo(points.at(-1)?.x ?? 0, bottom);
  pen.lineTo(points[0]?.x ?? 0, bottom);
  pen.globalAlpha = 0.22;
  pen.fill();
  pen.globalAlpha = 1;
}

function paintDot(
  pen: CanvasRenderingContext2D,
  time: Axis,
  { column, axis }: Plot,
  track: Track,
  index: number,
): void {
  const x = place(time, track.times[index] as number);
  pen.beginPath();
  pen.arc(x, place(axis, column[index] as number), 2, 0, 2 * Math.PI);
  pen.fill();
}

/** Marks implausible values with a cross, at the end of the axis if they are beyond it. */
function paintCrosses(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  track: Track,
  time: Axis,
  plot: Plot,
): void {
  const { column, isImplausible } = plot;
  pen.strokeStyle = surface.colour("--fair");
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let index = 0; index < track.length; index++) {
    if (Number.isNaN(column[index]) || !isImplausible(index)) {
      continue;
    }
    const x = place(time, track.times[index] as number);
    const y = yOf(plot, index);
    pen.moveTo(x - CROSS_PX, y - CROSS_PX);
    pen.lineTo(x + CROSS_PX, y + CROSS_PX);
    pen.moveTo(x - CROSS_PX, y + CROSS_PX);
    pen.lineTo(x + CROSS_PX, y - CROSS_PX);
  }
  pen.stroke();
}

/** Returns the y of a value; an implausible one is moved to the end of the axis. */
function yOf({ column, axis, isImplausible }: Plot, index: number): number {
  const value = column[index] as number;
  return place(axis, isImplausible(index) ? within(axis, value) : value);
}

/** Paints a bar on the axis while on the ground, where most aircraft send no altitude. */
function paintGround(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  track: Track,
  time: Axis,
  axis: Axis,
): void {
  pen.fillStyle = surface.colour("--soft");
  for (const [first, last] of stretches(track, track.times)) {
    for (let index = first; index < last; index++) {
      if (track.onGround[index] === 1) {
        const x = place(time, track.times[index] as number);
        const width = place(time, track.times[index + 1] as number) - x;
        pen.fillRect(x, axis.start - GROUND_PX, width + 0.5, GROUND_PX);
      }
    }
  }
}

function paintMoment(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  axis: Axis,
  moment: number | null,
): void {
  if (moment === null || moment < axis.low || moment > axis.high) {
    return;
  }
  pen.fillStyle = surface.colour("--fair");
  const x = Math.round(place(axis, moment));
  pen.fillRect(x - 0.75, TOP_PX, 1.5, surface.height - TOP_PX - BOTTOM_PX);
}

function paintCursor(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  { track, cursor }: ProfileView,
  time: Axis,
  plots: readonly Plot[],
): void {
  if (cursor === null) {
    return;
  }
  const x = place(time, track.times[cursor] as number);
  pen.fillStyle = surface.colour("--ink");
  pen.fillRect(x - 0.5, TOP_PX, 1, surface.height - TOP_PX - BOTTOM_PX);
  for (const plot of plots) {
    if (!Number.isNaN(plot.column[cursor])) {
      pen.fillStyle = surface.colour("--solid");
      pen.strokeStyle = surface.colour("--ink");
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(x, yOf(plot, cursor), 4, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  }
}
