/** The way that the selected aircraft has come, coloured by altitude, up to where it is drawn. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { ThemeName } from "../core/theme.ts";
import { isStepPlausible } from "../history/plausibility.ts";
import type { Track } from "../history/track.ts";
import type { Point } from "./dead-reckoning.ts";
import { type Lines, linesOf } from "./trail-lines.ts";
import { nearestTurn } from "./turn.ts";

const WIDTH_PX = 3;
const CASING_PX = 6;
const CASING: Record<ThemeName, [number, number, number, number]> = {
  dark: [8, 14, 26, 190],
  light: [255, 255, 255, 210],
};
const MARK_PX = 4;
/** As --fair in style.css. */
const MARK: Record<ThemeName, [number, number, number]> = {
  dark: [242, 184, 75],
  light: [143, 91, 0],
};

/** As deck.gl takes lines; as long as it is the same object nothing is computed or uploaded again. */
type Data = ReturnType<typeof dataOf>;

export class Trail {
  private track: Track | null = null;
  private lines: Lines | null = null;
  private casing: Data | null = null;
  private way: Data | null = null;
  private marks: Marks | null = null;
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
      this.marks = marksOf(this.lines);
    }
    const layers: Layer[] = [
      path("trail-casing", this.casing, CASING_PX, CASING[theme]),
      path("trail", this.way),
      marksLayer(this.marks, theme),
    ];
    if (head !== null && this.lines !== null && this.leadsTo(head, until)) {
      layers.push(tip(this.lines, head));
    }
    if (this.pointed !== null) {
      layers.push(dot(this.pointed, CASING[theme]));
    }
    return layers;
  }

  /** Says whether the aircraft can have come to where it is drawn from where the line ends. */
  private leadsTo([longitude, latitude]: Point, until: number): boolean {
    const end = this.lines?.end ?? -1;
    const head = { time: until, longitude, latitude };
    return this.track !== null && end >= 0 && isStepPlausible(this.track.fixAt(end), head);
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

/** As deck.gl takes points. */
type Marks = ReturnType<typeof marksOf>;

function marksOf({ marks }: Lines) {
  return { length: marks.length / 2, attributes: { getPosition: { value: marks, size: 2 } } };
}

/** Small rings where positions are implausible, in the colour of what is doubtful. */
function marksLayer(data: Marks | null, theme: ThemeName): Layer {
  return new ScatterplotLayer({
    id: "trail-marks",
    data,
    getRadius: MARK_PX,
    radiusUnits: "pixels",
    getFillColor: CASING[theme],
    getLineColor: MARK[theme],
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
