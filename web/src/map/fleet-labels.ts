/** The labels of all aircraft in view: places them a few times a second, and draws them as the aircraft. */

import type { Map as MapLibre } from "maplibre-gl";
import { element } from "../core/elements.ts";
import type { LabelField } from "../core/label-fields.ts";
import { isEmergency } from "../core/squawks.ts";
import type { ThemeName } from "../core/theme.ts";
import type { System } from "../core/units.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { AircraftBuffers } from "./aircraft-buffers.ts";
import { LabelBuffers, type LabelData, labelData } from "./label-buffers.ts";
import { type Camera, CandidateSearch, isInView, OFFSET_PX, WORLD_PX } from "./label-candidates.ts";
import { type LabelColours, labelColours } from "./label-colours.ts";
import { drawGlyphs, type Glyphs } from "./label-glyphs.ts";
import { LabelLayer } from "./label-layer.ts";
import { LabelPlacement, type Placed, SIDES } from "./label-placement.ts";
import { columnsOf, linesOf, TEXT_BYTES, writeLines } from "./label-text.ts";

/** The pause between two placements while the map moves, and while only the aircraft do. */
const MOVE_PAUSE_MS = 200;
const GLIDE_PAUSE_MS = 1_000;
/** While the map moves, labels are placed in each fourth frame at most: a slow computer draws few a second. */
const FRAMES_APART = 4;
/** Size of the characters, compared with the page's text size. */
const TEXT_SIZE = 0.72;
/** Aircraft this far outside the window have labels too, so that they are there when the map moves. */
const MARGIN_PX = 80;

const ALIGNMENTS = { right: "left", left: "right", above: "middle", below: "middle" } as const;

/** What is drawn at the moment. */
export interface LabelScene {
  theme: ThemeName;
  aircraft: AircraftBuffers;
  /** Unix seconds. */
  now: number;
  isGliding: boolean;
  iconSize: number;
  /** The slot of the selected aircraft, which has a label of its own; null for none. */
  selected: number | null;
}

export class FleetLabels {
  private fields: readonly LabelField[] = [];
  private units: System = "metric";
  /** Made when labels are shown for the first time. */
  private buffers: LabelBuffers | null = null;
  private data: LabelData | null = null;
  private glyphs: Glyphs | null = null;
  private colours: LabelColours | null = null;
  private glyphSize = 0;
  private isOutdated = true;
  private hasMoved = false;
  private placedAt = 0;
  /** Drawings since the labels were placed, that one included. */
  private drawings = FRAMES_APART;
  /** The epoch of the buffers that the labels were placed by: an update changes it. */
  private epoch = 0;
  private readonly placement = new LabelPlacement();
  private readonly candidates = new CandidateSearch();
  private readonly text = new Uint8Array(TEXT_BYTES);
  private readonly words = new Uint32Array(this.text.buffer);
  private readonly map: MapLibre;
  private readonly fleet: Fleet;

  constructor(map: MapLibre, fleet: Fleet) {
    this.map = map;
    this.fleet = fleet;
    map.on("move", () => {
      this.hasMoved = true;
    });
  }

  /** Shows these fields of each aircraft; none hides the labels. */
  show(fields: readonly LabelField[], units: System): void {
    this.fields = fields;
    this.units = units;
    this.drawings = FRAMES_APART;
    this.invalidate();
  }

  /** Returns what labels show of an aircraft besides its callsign, as far as it was received. */
  valuesOf(slot: number): string[] {
    const fields = this.fields.filter((field) => field !== "callsign");
    return linesOf(this.fleet, slot, fields, this.units).filter((line) => line !== "");
  }

  /** Places the labels at the next drawing, as the fleet or what is shown has changed. */
  invalidate(): void {
    this.isOutdated = true;
  }

  /** Whether labels are to be placed again, even if nothing else is drawn. */
  isDue(time: number): boolean {
    if (this.fields.length === 0 || (this.drawings < FRAMES_APART && this.map.isMoving())) {
      return false;
    }
    const pause = this.hasMoved ? MOVE_PAUSE_MS : GLIDE_PAUSE_MS;
    return this.isOutdated || time - this.placedAt >= pause;
  }

  /** Returns the layers for one drawing; `time` is that of the frame in milliseconds. */
  layers(time: number, scene: LabelScene): LabelLayer[] {
    if (this.fields.length === 0) {
      return [];
    }
    if (this.isDue(time)) {
      this.isOutdated = false;
      this.hasMoved = false;
      this.placedAt = time;
      this.drawings = 0;
      this.place(scene);
    }
    this.drawings += 1;
    const { glyphs, data, colours } = this;
    if (glyphs === null || data === null || colours === null) {
      return [];
    }
    const uniforms = {
      now: scene.now - this.epoch,
      glide: scene.isGliding ? 1 : 0,
      margin: glyphs.margin,
      cell: [glyphs.width, glyphs.height] as [number, number],
      grid: [columnsOf(this.fields, this.units), this.fields.length] as [number, number],
      ...colours,
    };
    // deck.gl's type describes arrays of objects only, not its own binary data.
    return [new LabelLayer({ id: "labels", data: data as never, uniforms, glyphs })];
  }

  private place(scene: LabelScene): void {
    const { fleet, placement, fields, units } = this;
    const glyphs = this.currentGlyphs();
    this.colours = labelColours(scene.theme);
    const { aircraft, selected } = scene;
    this.epoch = aircraft.epoch;
    const camera = this.camera();
    const seconds = scene.isGliding ? scene.now - aircraft.epoch : null;
    const columns = columnsOf(fields, units);
    placement.begin(
      {
        halfWidth: camera.halfWidth,
        halfHeight: camera.halfHeight,
        period: camera.bearing === 0 ? camera.world : Number.POSITIVE_INFINITY,
        boxWidth: (columns * glyphs.width) / devicePixelRatio,
        boxHeight: (fields.length * glyphs.height) / devicePixelRatio,
      },
      fleet.end,
    );
    if (selected !== null) {
      this.reserveSelected(aircraft, selected, camera, seconds);
    }
    const { iconSize } = scene;
    const found = this.candidates.search(fleet, aircraft, camera, seconds, iconSize, selected);
    this.write(placement.place(found), aircraft, columns);
  }

  private write(placed: readonly Placed[], aircraft: AircraftBuffers, columns: number): void {
    const { fleet, fields, units } = this;
    this.buffers ??= new LabelBuffers();
    this.buffers.length = 0;
    const squawks = fleet.texts("squawk");
    for (const label of placed) {
      const { slot, side } = label;
      const alignment = ALIGNMENTS[SIDES[side] as (typeof SIDES)[number]];
      writeLines(this.text, linesOf(fleet, slot, fields, units), columns, alignment);
      this.buffers.add(label, aircraft, isEmergency(squawks[slot]), this.words, devicePixelRatio);
    }
    this.data = labelData(this.buffers);
  }

  /** Keeps labels away from that of the selected aircraft, which is an element on top of the map. */
  private reserveSelected(
    aircraft: AircraftBuffers,
    slot: number,
    camera: Camera,
    seconds: number | null,
  ): void {
    const place = { x: 0, y: 0 };
    if (isInView(aircraft, slot, camera, seconds, place)) {
      const { width, height } = element("selected-label").getBoundingClientRect();
      this.placement.reserve(place.x + OFFSET_PX, place.y - OFFSET_PX, width, height);
    }
  }

  private camera(): Camera {
    const { lng, lat } = this.map.getCenter();
    const { clientWidth, clientHeight } = this.map.getContainer();
    return {
      longitude: lng,
      latitude: lat,
      world: WORLD_PX * 2 ** this.map.getZoom(),
      bearing: this.map.getBearing(),
      halfWidth: clientWidth / 2 + MARGIN_PX,
      halfHeight: clientHeight / 2 + MARGIN_PX,
    };
  }

  /** Returns the characters in the page's text size, which follows the browser's and the window's. */
  private currentGlyphs(): Glyphs {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const size = Math.round(rem * TEXT_SIZE * devicePixelRatio);
    if (this.glyphs === null || this.glyphSize !== size) {
      this.glyphSize = size;
      this.glyphs = drawGlyphs(size);
    }
    return this.glyphs;
  }
}
