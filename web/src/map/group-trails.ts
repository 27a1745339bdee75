/** Draws the tracks of several aircraft, and a ring around each selected one. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { ThemeName } from "../core/theme.ts";
import { isStepPlausible } from "../history/plausibility.ts";
import type { Track } from "../history/track.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { Colour } from "./altitude-ramp.ts";
import { longitudeNear } from "./antimeridian.ts";
import { type Point, positionOf } from "./dead-reckoning.ts";
import { CASING_COLOUR, type LineData, lineData, pathLayer } from "./trail.ts";
import { type TrailLines, trailLines } from "./trail-lines.ts";

const RING_PX = 14;

/** One track, and its colour; null is that of the altitudes. */
export interface ColouredTrack {
  track: Track;
  colour: Colour | null;
}

/** When and how the tracks are drawn. */
export interface DrawingState {
  theme: ThemeName;
  /** Unix seconds to which aircraft are moved along their tracks; null draws positions as received. */
  glideTime: number | null;
  /** The time that the map shows, Unix seconds; later points are left out. */
  until: number;
  /** The power of two next to the scale of the map. */
  scale: number;
}

/** Tracks that are drawn alike, in one layer. */
export class GroupTrails {
  private readonly id: string;
  private readonly fleet: Fleet;
  private readonly width: number;
  private readonly hasCasing: boolean;
  private tracks: readonly ColouredTrack[] = [];
  private version = 0;
  /** Identifies the content of the data below. */
  private dataKey = "";
  private lines: readonly TrailLines[] = [];
  private coloured: LineData | null = null;
  private casing: LineData | null = null;

  constructor(
    id: string,
    fleet: Fleet,
    { width, hasCasing }: { width: number; hasCasing: boolean },
  ) {
    this.id = id;
    this.fleet = fleet;
    this.width = width;
    this.hasCasing = hasCasing;
  }

  show(tracks: readonly ColouredTrack[]): void {
    this.tracks = tracks;
    this.version += 1;
  }

  layers(state: DrawingState): Layer[] {
    if (this.tracks.length === 0) {
      return [];
    }
    this.update(state);
    const { id, width } = this;
    const casing = pathLayer(`${id}-casing`, this.casing, width + 2, CASING_COLOUR[state.theme]);
    return [
      ...(this.hasCasing ? [casing] : []),
      pathLayer(id, this.coloured, width),
      this.tipsLayer(state),
    ];
  }

  /** Makes the lines again if a track, the time or the scale has changed so that it is visible. */
  private update({ theme, until, scale }: DrawingState): void {
    let points = 0;
    for (const { track } of this.tracks) {
      points += until >= track.last ? track.length : track.nearest(until) + 1;
    }
    const key = `${this.version} ${theme} ${scale} ${points}`;
    if (key === this.dataKey) {
      return;
    }
    this.dataKey = key;
    this.lines = this.tracks.map(({ track, colour }) =>
      withColour(trailLines(track, theme, until, scale), colour),
    );
    const all = joined(this.lines);
    this.coloured = lineData(all, true);
    this.casing = lineData(all, false);
  }

  /** Returns the lines from the last received positions to where the aircraft are drawn. */
  private tipsLayer(state: DrawingState): Layer {
    const tips = this.tracks.flatMap(({ track }, index) => {
      const tip = tipOf(this.lines[index], track, this.fleet, state);
      return tip === null ? [] : [tip];
    });
    return new LineLayer<Tip>({
      id: `${this.id}-tips`,
      data: tips,
      getSourcePosition: ({ from }) => from,
      getTargetPosition: ({ to }) => to,
      getColor: ({ colour }) => colour,
      getWidth: this.width,
      widthUnits: "pixels",
    });
  }
}

interface Tip {
  from: Point;
  to: Point;
  colour: [number, number, number];
}

function tipOf(
  lines: TrailLines | undefined,
  track: Track,
  fleet: Fleet,
  { glideTime, until }: DrawingState,
): Tip | null {
  const slot = fleet.slotOf(track.icao24);
  const head = slot === undefined ? null : positionOf(fleet, slot, glideTime);
  if (lines === undefined || head === null || lines.end < 0) {
    return null;
  }
  const [longitude, latitude] = head;
  if (!isStepPlausible(track.fixAt(lines.end), { time: until, longitude, latitude })) {
    return null;
  }
  const [fromLongitude = 0, fromLatitude = 0] = lines.positions.subarray(-2);
  const [red = 0, green = 0, blue = 0] = lines.colours.subarray(-4);
  return {
    from: [fromLongitude, fromLatitude],
    to: [longitudeNear(longitude, fromLongitude), latitude],
    colour: [red, green, blue],
  };
}

function withColour(lines: TrailLines, colour: Colour | null): TrailLines {
  for (let at = 0; colour !== null && at < lines.colours.length; at += 4) {
    lines.colours.set(colour, at);
  }
  return lines;
}

/** Returns all lines as one object of deck.gl's binary format. */
export function joined(all: readonly TrailLines[]): TrailLines {
  const starts: number[] = [];
  let points = 0;
  for (const { startIndices, positions } of all) {
    for (const start of startIndices.subarray(0, -1)) {
      starts.push(points + start);
    }
    points += positions.length / 2;
  }
  const [positions, colours] = [new Float64Array(2 * points), new Uint8Array(4 * points)];
  let at = 0;
  for (const lines of all) {
    positions.set(lines.positions, 2 * at);
    colours.set(lines.colours, 4 * at);
    at += lines.positions.length / 2;
  }
  const startIndices = Uint32Array.from([...starts, points]);
  return { startIndices, positions, colours, marks: new Float64Array(0), end: -1 };
}

/** One ring. */
export interface Ring {
  place: Point;
  colour: Colour;
}

/** Returns the rings around the aircraft that are selected beside the focused one. */
export function ringsLayer(rings: readonly Ring[]): Layer {
  return new ScatterplotLayer<Ring>({
    id: "group-rings",
    data: rings,
    getPosition: ({ place }) => place,
    getRadius: RING_PX,
    radiusUnits: "pixels",
    filled: false,
    stroked: true,
    getLineColor: ({ colour }) => [...colour],
    getLineWidth: 2.5,
    lineWidthUnits: "pixels",
  });
}
