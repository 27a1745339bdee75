/** Converts a track to lines, with gaps and marks where the aircraft cannot have flown. */

import type { ThemeName } from "../core/theme.ts";
import { isStepPlausible } from "../history/plausibility.ts";
import { SILENCE_S } from "../history/plausible-parts.ts";
import type { Track } from "../history/track.ts";
import { altitudeColour } from "./altitude-ramp.ts";
import { longitudeNear } from "./antimeridian.ts";

/** One or several lines in deck.gl's binary format, without an object per point. */
export interface TrailLines {
  /** The index of each line's first point, and the number of all points. */
  startIndices: Uint32Array;
  /** Longitudes and latitudes in degrees. At the antimeridian a line ends and another begins. */
  positions: Float64Array;
  /** Red, green, blue and opacity of each point. */
  colours: Uint8Array;
  /** Longitudes and latitudes of implausible positions, and of both ends of implausible steps. */
  marks: Float64Array;
  /** Index in the track of the last line's last point; -1 if the track ends with a gap. */
  end: number;
}

/** Returns the lines up to `until` in Unix seconds; a silence or a missing position ends a line. */
export function trailLines(track: Track, theme: ThemeName, until: number): TrailLines {
  const builder = new LineBuilder(track, theme);
  for (let index = 0; index < track.length && (track.times[index] as number) <= until; index++) {
    builder.add(index);
  }
  return builder.lines();
}

class LineBuilder {
  private readonly starts: number[] = [];
  private readonly positions: number[] = [];
  private readonly colours: number[] = [];
  private readonly marks: number[] = [];
  private end = -1;
  private readonly track: Track;
  private readonly theme: ThemeName;

  constructor(track: Track, theme: ThemeName) {
    this.track = track;
    this.theme = theme;
  }

  add(index: number): void {
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
      this.beginLine();
    } else if (!isStepPlausible(track.fixAt(end), track.fixAt(index))) {
      this.mark(index);
      this.beginLine();
    } else if (Math.abs(longitude - track.fixAt(end).longitude) > 180) {
      this.crossAntimeridian(end, index);
    }
    this.addPoint(index, longitude, latitude);
    this.end = index;
  }

  lines(): TrailLines {
    return {
      startIndices: Uint32Array.from([...this.starts, this.positions.length / 2]),
      positions: Float64Array.from(this.positions),
      colours: Uint8Array.from(this.colours),
      marks: Float64Array.from(this.marks),
      end: this.end,
    };
  }

  /** Ends the line; marks the position and, as that may be far away, the end of the line too. */
  private mark(index: number): void {
    for (const marked of this.end < 0 ? [index] : [this.end, index]) {
      const { longitude, latitude } = this.track.fixAt(marked);
      this.marks.push(longitude, latitude);
    }
    this.end = -1;
  }

  private beginLine(): void {
    this.starts.push(this.positions.length / 2);
  }

  /** Ends the line at the antimeridian and begins one on the other side (RFC 7946, 3.1.9). */
  private crossAntimeridian(from: number, to: number): void {
    const [one, other] = [this.track.fixAt(from), this.track.fixAt(to)];
    const beyond = longitudeNear(other.longitude, one.longitude);
    const edge = other.longitude < one.longitude ? 180 : -180;
    const fraction = (edge - one.longitude) / (beyond - one.longitude) || 0;
    const latitude = one.latitude + fraction * (other.latitude - one.latitude);
    this.addPoint(from, edge, latitude);
    this.beginLine();
    this.addPoint(to, -edge, latitude);
  }

  private addPoint(index: number, longitude: number, latitude: number): void {
    const { altitudes, onGround } = this.track;
    const altitude = altitudes[index] as number;
    const colour = altitudeColour(altitude, onGround[index] === 1, this.theme);
    const [red = 0, green = 0, blue = 0] = colour;
    this.positions.push(longitude, latitude);
    this.colours.push(red, green, blue, 255);
  }
}
