/** The way that the selected aircraft has come, coloured by altitude, up to where it is drawn. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import { stretches, type Track } from "../history/track.ts";
import { type Colour, GROUND, rampStep, rampTable, UNKNOWN } from "./altitude-ramp.ts";
import type { Point } from "./dead-reckoning.ts";
import type { ThemeName } from "./theme.ts";

const WIDTH_PX = 3;
const CASING_PX = 6;
const CASING: Record<ThemeName, [number, number, number, number]> = {
  dark: [8, 14, 26, 190],
  light: [255, 255, 255, 210],
};

/** One or several lines as deck.gl takes them: no object for each point. */
export interface Lines {
  startIndices: Uint32Array;
  /** Longitudes and latitudes in degrees; longitudes go on over the antimeridian. */
  positions: Float64Array;
  /** Red, green, blue, alpha of each point. */
  colours: Uint8Array;
}

/** Draws nothing through silences and missing positions, and nothing that is after `until`. */
export function linesOf(track: Track, theme: ThemeName, until: number): Lines {
  const starts: number[] = [];
  const positions = new Float64Array(track.length * 2);
  const colours = new Uint8Array(track.length * 4).fill(255);
  const table = rampTable(theme);
  let count = 0;
  for (const [first, last] of stretches(track, track.longitudes)) {
    if ((track.times[first] as number) > until) {
      break;
    }
    starts.push(count);
    let longitude = track.longitudes[first] as number;
    for (let index = first; index <= last && (track.times[index] as number) <= until; index++) {
      longitude = nearestTurn(track.longitudes[index] as number, longitude);
      positions[2 * count] = longitude;
      positions[2 * count + 1] = track.latitudes[index] as number;
      colours.set(colourOf(track, index, theme, table), 4 * count);
      count += 1;
    }
  }
  starts.push(count);
  return {
    startIndices: Uint32Array.from(starts),
    positions: positions.subarray(0, count * 2),
    colours: colours.subarray(0, count * 4),
  };
}

function colourOf(
  track: Track,
  index: number,
  theme: ThemeName,
  table: Uint8Array,
): Colour | Uint8Array {
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

/** Gives the same longitude, less than half a turn from another. */
function nearestTurn(longitude: number, to: number): number {
  return longitude + 360 * Math.round((to - longitude) / 360);
}

/** As deck.gl takes lines; as long as it is the same object nothing is computed or uploaded again. */
type Data = ReturnType<typeof dataOf>;

export class Trail {
  private track: Track | null = null;
  private lines: Lines | null = null;
  private casing: Data | null = null;
  private way: Data | null = null;
  private made = "";
  private pointed: Point | null = null;

  show(track: Track | null): void {
    this.track = track;
    this.lines = null;
    this.made = "";
    this.pointed = null;
  }

  /** Marks a place on the way; null marks none. */
  point(place: Point | null): void {
    this.pointed = place;
  }

  /**
   * Gives the layers for one drawing.
   *
   * @param head Where the aircraft is drawn; null if it is not.
   * @param until Unix seconds of what the map shows.
   */
  layers(theme: ThemeName, head: Point | null, until: number): Layer[] {
    const { track } = this;
    if (track === null || track.length === 0) {
      return [];
    }
    const shown = until >= track.last ? track.length : track.nearest(until) + 1;
    const made = `${theme} ${shown} ${track.length}`;
    if (this.made !== made) {
      this.made = made;
      this.lines = linesOf(track, theme, until);
      this.casing = dataOf(this.lines, false);
      this.way = dataOf(this.lines, true);
    }
    const layers: Layer[] = [
      path("trail-casing", this.casing, CASING_PX, CASING[theme]),
      path("trail", this.way),
    ];
    if (head !== null && this.lines !== null && this.lines.positions.length > 0) {
      layers.push(tip(this.lines, head));
    }
    if (this.pointed !== null) {
      layers.push(dot(this.pointed, CASING[theme]));
    }
    return layers;
  }
}

/**
 * The last bit, from what was received to where the aircraft is drawn by now. It is another one in
 * each frame, and a line costs less than a path.
 */
function tip({ positions, colours }: Lines, [longitude, latitude]: Point): Layer {
  const [from = 0, north = 0] = positions.subarray(-2);
  const [red = 0, green = 0, blue = 0] = colours.subarray(-4);
  return new LineLayer({
    id: "trail-tip",
    data: [[nearestTurn(longitude, from), latitude]],
    getSourcePosition: [from, north],
    getTargetPosition: (head: Point) => head,
    getColor: [red, green, blue],
    getWidth: WIDTH_PX,
    widthUnits: "pixels",
  });
}

function dot(place: Point, colour: [number, number, number, number]): Layer {
  return new ScatterplotLayer({
    id: "trail-point",
    data: [place],
    getPosition: (point: Point) => point,
    getRadius: CASING_PX,
    radiusUnits: "pixels",
    getFillColor: [255, 255, 255],
    getLineColor: colour,
    stroked: true,
    lineWidthUnits: "pixels",
    getLineWidth: 2,
  });
}

function dataOf({ startIndices, positions, colours }: Lines, isColoured: boolean) {
  return {
    length: startIndices.length - 1,
    startIndices,
    attributes: {
      getPath: { value: positions, size: 2 },
      ...(isColoured && { getColor: { value: colours, size: 4, normalized: true } }),
    },
  };
}

function path(
  id: string,
  data: Data | null,
  width = WIDTH_PX,
  colour: [number, number, number, number] | null = null,
): Layer {
  return new PathLayer({
    id,
    data,
    ...(colour !== null && { getColor: colour }),
    positionFormat: "XY",
    _pathType: "open",
    getWidth: width,
    widthUnits: "pixels",
    capRounded: true,
    jointRounded: true,
    pickable: false,
  });
}
