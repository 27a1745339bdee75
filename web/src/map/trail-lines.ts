/** The way of an aircraft as lines, with gaps where it cannot have flown and marks there. */

import type { ThemeName } from "../core/theme.ts";
import { isStepPlausible } from "../history/plausibility.ts";
import { SILENCE_S } from "../history/plausible-parts.ts";
import type { Track } from "../history/track.ts";
import { type Colour, GROUND, rampStep, rampTable, UNKNOWN } from "./altitude-ramp.ts";
import { nearestTurn } from "./turn.ts";

/** One or several lines as deck.gl takes them: no object for each point. */
export interface Lines {
  startIndices: Uint32Array;
  /** Longitudes and latitudes in degrees. Lines end at the antimeridian, and go on beyond it. */
  positions: Float64Array;
  /** Red, green, blue, alpha of each point. */
  colours: Uint8Array;
  /** Longitudes and latitudes of both ends of steps too fast, and of implausible positions. */
  marks: Float64Array;
  /** Index in the track of the point from which the line goes on; -1 if it does not. */
  end: number;
}

/** Draws nothing through silences and missing positions, and nothing that is after `until`. */
export function linesOf(track: Track, theme: ThemeName, until: number): Lines {
  const pen = new Pen(track, theme);
  for (let index = 0; index < track.length && (track.times[index] as number) <= until; index++) {
    pen.take(index);
  }
  return pen.lines();
}

class Pen {
  private readonly starts: number[] = [];
  private readonly positions: number[] = [];
  private readonly colours: number[] = [];
  private readonly marks: number[] = [];
  private end = -1;
  private readonly track: Track;
  private readonly theme: ThemeName;
  private readonly table: Uint8Array;

  constructor(track: Track, theme: ThemeName) {
    this.track = track;
    this.theme = theme;
    this.table = rampTable(theme);
  }

  take(index: number): void {
    const { track, end } = this;
    const { longitude, latitude } = track.fixAt(index);
    if (!track.hasPosition(index)) {
      this.end = -1;
      return;
    }
    if (track.isPositionImplausible(index)) {
      this.mark(index);
      return;
    }
    if (end < 0 || (track.times[index] as number) - (track.times[end] as number) > SILENCE_S) {
      this.begin();
    } else if (!isStepPlausible(track.fixAt(end), track.fixAt(index))) {
      this.mark(index);
      this.begin();
    } else if (Math.abs(longitude - track.fixAt(end).longitude) > 180) {
      this.cross(end, index);
    }
    this.put(index, longitude, latitude);
    this.end = index;
  }

  lines(): Lines {
    return {
      startIndices: Uint32Array.from([...this.starts, this.positions.length / 2]),
      positions: Float64Array.from(this.positions),
      colours: Uint8Array.from(this.colours),
      marks: Float64Array.from(this.marks),
      end: this.end,
    };
  }

  /** Marks a position, and where the line ends before it: it may be far from there. */
  private mark(index: number): void {
    for (const marked of this.end < 0 ? [index] : [this.end, index]) {
      const { longitude, latitude } = this.track.fixAt(marked);
      this.marks.push(longitude, latitude);
    }
    this.end = -1;
  }

  private begin(): void {
    this.starts.push(this.positions.length / 2);
  }

  /** Ends the line at the antimeridian and begins one on its other side: RFC 7946, 3.1.9. */
  private cross(from: number, to: number): void {
    const [one, other] = [this.track.fixAt(from), this.track.fixAt(to)];
    const beyond = nearestTurn(other.longitude, one.longitude);
    const edge = other.longitude < one.longitude ? 180 : -180;
    const part = (edge - one.longitude) / (beyond - one.longitude) || 0;
    const latitude = one.latitude + part * (other.latitude - one.latitude);
    this.put(from, edge, latitude);
    this.begin();
    this.put(to, -edge, latitude);
  }

  private put(index: number, longitude: number, latitude: number): void {
    const [red = 0, green = 0, blue = 0] = this.colourOf(index);
    this.positions.push(longitude, latitude);
    this.colours.push(red, green, blue, 255);
  }

  private colourOf(index: number): Colour | Uint8Array {
    const { track, theme, table } = this;
    const altitude = track.altitudes[index] as number;
    if (track.onGround[index] === 1) {
      return GROUND[theme];
    }
    if (Number.isNaN(altitude)) {
      return UNKNOWN[theme];
    }
    const step = rampStep(altitude);
    return table.subarray(step, step + 3);
  }
}
