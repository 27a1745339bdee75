/** Paints the altitude and the speed of a track over time, one above the other. */

import type { ThemeName } from "../core/theme.ts";
import { type System, write } from "../core/units.ts";
import { isSpeedPlausible } from "../history/plausibility.ts";
import { stretches, type Track } from "../history/track.ts";
import { HIGHEST_M, rampColour } from "../map/altitude-ramp.ts";
import { type Axis, type Plotted, place, roundValues, topOf, within } from "./axis.ts";
import type { Surface } from "./surface.ts";
import { ticksOf } from "./time-ticks.ts";

export interface ProfileView {
  track: Track;
  system: System;
  /** What the map shows, Unix seconds; null where that is not known. */
  moment: number | null;
  /** Index of the state vector that is pointed at; null if none is. */
  cursor: number | null;
}

const LEFT_PX = 50;
const RIGHT_PX = 10;
const TOP_PX = 18;
const BOTTOM_PX = 18;
const BETWEEN_PX = 24;
/** The altitude's part of the height. */
const UPPER = 0.62;
const TICK_PX = 50;
/** Between the numbers of an axis. */
const LABEL_PX = 18;
const FONT = "12px system-ui, sans-serif";
const SHORTEST_S = 60;
const GROUND_PX = 3;
/** Half the width of the cross at what is implausible. */
const CROSS_PX = 3;

interface Plot {
  plotted: Plotted;
  column: Float32Array;
  /** Says of a state vector that its value is none of the line. */
  isLeftOut: (index: number) => boolean;
  values: number[];
  /** Upwards. */
  axis: Axis;
  stroke: string | CanvasGradient;
}

export function timeAxis(track: Track, width: number): Axis {
  const low = track.first;
  return {
    low,
    high: Math.max(track.last, low + SHORTEST_S),
    start: LEFT_PX,
    end: width - RIGHT_PX,
  };
}

/** Costs a pass over the track. */
export function paintProfile(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  view: ProfileView,
): void {
  const { track } = view;
  const time = timeAxis(track, surface.width);
  const height = surface.height - TOP_PX - BOTTOM_PX - BETWEEN_PX;
  const middle = TOP_PX + height * UPPER;
  const bottom = surface.height - BOTTOM_PX;
  const altitude = plotOf(view, "altitude", track.altitudes, { start: middle, end: TOP_PX });
  const speed = plotOf(view, "speed", track.velocities, {
    start: bottom,
    end: middle + BETWEEN_PX,
  });
  altitude.stroke = rampGradient(pen, altitude.axis, surface.theme);
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
  // Altitudes come with positions: where one is wrong a line would only guess at the other.
  const isLeftOut = (index: number) =>
    !isBelieved(track, plotted, index) ||
    (plotted === "altitude" && track.isPositionImplausible(index));
  return { plotted, column, isLeftOut, values, axis, stroke: "" };
}

function isBelieved(track: Track, plotted: Plotted, index: number): boolean {
  return plotted === "altitude"
    ? !track.isAltitudeImplausible(index)
    : isSpeedPlausible(track.velocities[index] as number);
}

/** Gives the highest plausible value; NaN if none was received. */
export function highestOf(track: Track, plotted: Plotted): number {
  const column = plotted === "altitude" ? track.altitudes : track.velocities;
  let highest = Number.NaN;
  for (let index = 0; index < track.length; index++) {
    const value = column[index] as number;
    if ((value > highest || Number.isNaN(highest)) && isBelieved(track, plotted, index)) {
      highest = value;
    }
  }
  return highest;
}

/** Gives the map's colours of altitudes, from the bottom to the top of an axis. */
function rampGradient(pen: CanvasRenderingContext2D, axis: Axis, theme: ThemeName): CanvasGradient {
  const gradient = pen.createLinearGradient(0, axis.start, 0, axis.end);
  for (let part = 0; part <= 1; part += 0.1) {
    const onRamp = Math.min((axis.high * part) / HIGHEST_M, 1);
    gradient.addColorStop(part, `rgb(${rampColour(onRamp, theme).join(" ")})`);
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
    pen.fillText(number(value, plotted, system), LEFT_PX - 6, y);
  }
  const unit = write(0, plotted, system).split(" ")[1];
  pen.textAlign = "left";
  pen.fillText(`${plotted}, ${unit}`, LEFT_PX, axis.end - 9);
}

/** Writes a measure without its unit, which stands above the axis. */
function number(value: number, plotted: Plotted, system: System): string {
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
  const { column, axis, stroke, plotted, isLeftOut } = plot;
  pen.strokeStyle = stroke;
  pen.fillStyle = stroke;
  pen.lineWidth = 1.75;
  for (const [first, last] of stretches(track, column, isLeftOut)) {
    pen.beginPath();
    for (let index = first; index <= last; index++) {
      pen.lineTo(place(time, track.times[index] as number), place(axis, column[index] as number));
    }
    if (first === last) {
      paintDot(pen, time, plot, track, first);
      continue;
    }
    pen.stroke();
    if (plotted === "altitude") {
      pen.lineTo(place(time, track.times[last] as number), axis.start);
      pen.lineTo(place(time, track.times[first] as number), axis.start);
      pen.globalAlpha = 0.22;
      pen.fill();
      pen.globalAlpha = 1;
    }
  }
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

/** Marks what is no part of the line, at its value or where the axis ends. */
function paintCrosses(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  track: Track,
  time: Axis,
  plot: Plot,
): void {
  const { column, isLeftOut } = plot;
  pen.strokeStyle = surface.colour("--fair");
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let index = 0; index < track.length; index++) {
    if (Number.isNaN(column[index]) || !isLeftOut(index)) {
      continue;
    }
    const x = place(time, track.times[index] as number);
    const y = heightOf(plot, index);
    pen.moveTo(x - CROSS_PX, y - CROSS_PX);
    pen.lineTo(x + CROSS_PX, y + CROSS_PX);
    pen.moveTo(x - CROSS_PX, y + CROSS_PX);
    pen.lineTo(x + CROSS_PX, y - CROSS_PX);
  }
  pen.stroke();
}

/** Gives where a value stands; what is no part of the line may be beyond the axis. */
function heightOf({ column, axis, isLeftOut }: Plot, index: number): number {
  const value = column[index] as number;
  return place(axis, isLeftOut(index) ? within(axis, value) : value);
}

/** On the ground most aircraft tell no altitude: a bar on the axis says where they were. */
function paintGround(
  pen: CanvasRenderingContext2D,
  surface: Surface,
  track: Track,
  time: Axis,
  axis: Axis,
): void {
  pen.fillStyle = surface.colour("--soft");
  const everywhere = stretches(track, track.times);
  for (const [first, last] of everywhere) {
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
      pen.arc(x, heightOf(plot, cursor), 4, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  }
}
