/** Converts a track to lines: dashes over silences, gaps and marks where it cannot have flown. */

import type { ThemeName } from "../core/theme.ts";
import { isStepPlausible, metresBetween } from "../history/plausibility.ts";
import type { Track } from "../history/track.ts";
import { altitudeColour, type Colour } from "./altitude-ramp.ts";
import { longitudeNear } from "./antimeridian.ts";
import { MAX_GLIDE_S } from "./dead-reckoning.ts";
import { dashesBetween } from "./great-circle.ts";

/** From the beginning of a dash to that of the next one. */
const DASH_PERIOD_PX = 11;

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

/**
 * Returns the lines up to a time.
 *
 * Between two positions that are further apart in time than an aircraft is moved along its track, its
 * way is not known: a line of dashes follows the great circle there.
 *
 * @param until Unix seconds.
 * @param metresPerPixel The scale of the map, which sets the length of the dashes.
 */
export function trailLines(
  track: Track,
  theme: ThemeName,
  until: number,
  metresPerPixel: number,
): TrailLines {
  const builder = new LineBuilder(track, theme, metresPerPixel * DASH_PERIOD_PX);
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
  /** The metres from the beginning of a dash to that of the next one. */
  private readonly period: number;

  constructor(track: Track, theme: ThemeName, period: number) {
    this.track = track;
    this.theme = theme;
    this.period = period;
  }

  add(index: number): void {
    const { track, end } = this;
    if (!track.hasPosition(index)) {
      return;
    }
    if (track.isPositionImplausible(index)) {
      this.mark(index);
      return;
    }
    const { longitude, latitude } = track.fixAt(index);
    if (end < 0) {
      this.beginLine();
    } else if (!isStepPlausible(track.fixAt(end), track.fixAt(index))) {
      this.mark(index);
      this.beginLine();
    } else if (track.fixAt(index).time - track.fixAt(end).time > MAX_GLIDE_S) {
      this.addDashes(end, index);
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

  /** Adds a line of dashes, with the altitude in even steps from one end to the other. */
  private addDashes(from: number, to: number): void {
    const [one, other] = [this.track.fixAt(from), this.track.fixAt(to)];
    const [low, high] = [this.track.altitudes[from] as number, this.track.altitudes[to] as number];
    for (const dash of dashesBetween(one, other, metresBetween(one, other), this.period)) {
      const colourAt = (fraction: number) =>
        altitudeColour(low + fraction * (high - low), false, this.theme);
      this.beginLine();
      this.push(dash.from.longitude, dash.from.latitude, colourAt(dash.fromFraction));
      const longitude = longitudeNear(dash.to.longitude, dash.from.longitude);
      this.push(longitude, dash.to.latitude, colourAt(dash.toFraction));
    }
  }

  private addPoint(index: number, longitude: number, latitude: number): void {
    const { altitudes, onGround } = this.track;
    const altitude = altitudes[index] as number;
    this.push(longitude, latitude, altitudeColour(altitude, onGround[index] === 1, this.theme));
  }

  private push(longitude: number, latitude: number, colour: Colour | Uint8Array): void {
    const [red = 0, green = 0, blue = 0] = colour;
    this.positions.push(longitude, latitude);
    this.colours.push(red, green, blue, 255);
  }
}
