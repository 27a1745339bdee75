/** The trail of the selected aircraft on the map, coloured by altitude. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { ThemeName } from "../core/theme.ts";
import { isStepPlausible } from "../history/plausibility.ts";
import type { Track } from "../history/track.ts";
import { longitudeNear } from "./antimeridian.ts";
import type { Point } from "./dead-reckoning.ts";
import { type TrailLines, trailLines } from "./trail-lines.ts";

const WIDTH_PX = 3;
/** The casing is a wider line below the trail, which sets it off from the map. */
const CASING_PX = 6;
export const CASING_COLOUR: Record<ThemeName, [number, number, number, number]> = {
  dark: [8, 14, 26, 190],
  light: [255, 255, 255, 210],
};
const MARK_PX = 4;
/** The colours of --fair in the style sheets. */
const MARK_COLOUR: Record<ThemeName, [number, number, number]> = {
  dark: [242, 184, 75],
  light: [143, 91, 0],
};

/** Lines as deck.gl's `data`. deck.gl computes and uploads only when it gets a new object. */
export type LineData = ReturnType<typeof lineData>;

export class Trail {
  private track: Track | null = null;
  private lines: TrailLines | null = null;
  private casing: LineData | null = null;
  private colouredLines: LineData | null = null;
  private marks: MarkData | null = null;
  /** Identifies the content of the data above. */
  private dataKey = "";
  private highlighted: Point | null = null;

  /** Shows another track; null hides the trail. */
  show(track: Track | null): void {
    this.track = track;
    this.lines = null;
    this.dataKey = "";
    this.highlighted = null;
  }

  /** Marks a place on the trail with a dot; null removes the dot. */
  highlight(place: Point | null): void {
    this.highlighted = place;
  }

  /**
   * Returns the layers for one drawing.
   *
   * @param head Where the aircraft is drawn; null if it is not.
   * @param until The time that the map shows, Unix seconds; later points are left out.
   * @param metresPerPixel The scale of the map.
   */
  layers(theme: ThemeName, head: Point | null, until: number, metresPerPixel: number): Layer[] {
    const { track } = this;
    if (track === null || track.length === 0) {
      return [];
    }
    const shown = until >= track.last ? track.length : track.nearest(until) + 1;
    // Dashes are made again when the map is zoomed in or out by a level.
    const scale = 2 ** Math.round(Math.log2(metresPerPixel));
    const key = `${theme} ${shown} ${track.length} ${scale}`;
    if (this.dataKey !== key) {
      this.dataKey = key;
      this.lines = trailLines(track, theme, until, scale);
      this.casing = lineData(this.lines, false);
      this.colouredLines = lineData(this.lines, true);
      this.marks = markData(this.lines);
    }
    const layers: Layer[] = [
      pathLayer("trail-casing", this.casing, CASING_PX, CASING_COLOUR[theme]),
      pathLayer("trail", this.colouredLines),
    ];
    if (this.marks !== null && this.marks.length > 0) {
      layers.push(marksLayer(this.marks, theme));
    }
    if (head !== null && this.lines !== null && this.reaches(head, until)) {
      layers.push(tipLayer(this.lines, head));
    }
    if (this.highlighted !== null) {
      layers.push(dotLayer(this.highlighted, CASING_COLOUR[theme]));
    }
    return layers;
  }

  /** Returns whether the aircraft can have flown from the end of the last line to its head. */
  private reaches([longitude, latitude]: Point, until: number): boolean {
    const end = this.lines?.end ?? -1;
    const head = { time: until, longitude, latitude };
    return this.track !== null && end >= 0 && isStepPlausible(this.track.fixAt(end), head);
  }
}

/**
 * Returns the line from the last received position to where the aircraft is drawn. It changes in
 * each frame, and a LineLayer costs less than a PathLayer.
 */
function tipLayer({ positions, colours }: TrailLines, [longitude, latitude]: Point): Layer {
  const [fromLongitude = 0, fromLatitude = 0] = positions.subarray(-2);
  const [red = 0, green = 0, blue = 0] = colours.subarray(-4);
  return new LineLayer({
    id: "trail-tip",
    data: [[longitudeNear(longitude, fromLongitude), latitude]],
    getSourcePosition: [fromLongitude, fromLatitude],
    getTargetPosition: (head: Point) => head,
    getColor: [red, green, blue],
    getWidth: WIDTH_PX,
    widthUnits: "pixels",
  });
}

function dotLayer(place: Point, colour: [number, number, number, number]): Layer {
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

/** Points as deck.gl's `data`. */
type MarkData = ReturnType<typeof markData>;

function markData({ marks }: TrailLines) {
  return { length: marks.length / 2, attributes: { getPosition: { value: marks, size: 2 } } };
}

/** Returns small rings at the implausible positions. */
function marksLayer(data: MarkData, theme: ThemeName): Layer {
  return new ScatterplotLayer({
    id: "trail-marks",
    data,
    getRadius: MARK_PX,
    radiusUnits: "pixels",
    getFillColor: CASING_COLOUR[theme],
    getLineColor: MARK_COLOUR[theme],
    stroked: true,
    lineWidthUnits: "pixels",
    getLineWidth: 2,
  });
}

export function lineData({ startIndices, positions, colours }: TrailLines, isColoured: boolean) {
  return {
    length: startIndices.length - 1,
    startIndices,
    attributes: {
      getPath: { value: positions, size: 2 },
      ...(isColoured && { getColor: { value: colours, size: 4, normalized: true } }),
    },
  };
}

export function pathLayer(
  id: string,
  data: LineData | null,
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
