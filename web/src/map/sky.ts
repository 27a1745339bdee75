/** All aircraft over the base map: draws them, and finds the one under the pointer. */

import { MapLibreOverlay } from "@deck.gl/maplibre";
import type { Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import type { ThemeName } from "../core/theme.ts";
import type { Fleet } from "../stream/fleet.ts";
import { AircraftBuffers } from "./aircraft-buffers.ts";
import { AircraftLayer, type AircraftLayerData, aircraftData } from "./aircraft-layer.ts";
import type { AircraftUniforms } from "./aircraft-shaders.ts";
import { DEGREE_M, positionOf } from "./dead-reckoning.ts";
import { pick } from "./pick.ts";
import { Trail } from "./trail.ts";

/** As fast as nearly all aircraft fly, m/s: what moves by less than this is not drawn again. */
const FASTEST = 300;
const STEP_PX = 0.25;
const SLOWEST_FRAME_MS = 1_000;
const REACH_PX = 18;

/** Width of the pictures by level of zoom, in pixels. */
const SIZES: readonly [zoom: number, size: number][] = [
  [1, 9],
  [4, 15],
  [6, 21],
  [9, 32],
  [14, 44],
];

export interface SkySettings {
  theme: ThemeName;
  isGliding: boolean;
  /** Gives Unix seconds of what is shown. */
  now: () => number;
  onSelect: (slot: number | null) => void;
  /** Called after each drawing: what belongs to an aircraft moves along. */
  onDraw: () => void;
}

export class Sky {
  theme: ThemeName;
  isGliding: boolean;
  selected: number | null = null;
  hovered: number | null = null;
  /** Seconds of the picture in one second. */
  speed = 1;
  readonly trail = new Trail();
  private data: AircraftLayerData;
  private lastFrame = 0;
  private isDue = true;
  private hasDrawn = false;
  private readonly buffers = new AircraftBuffers();
  private readonly overlay = new MapLibreOverlay({ interleaved: false, layers: [] });
  private readonly map: MapLibre;
  private readonly fleet: Fleet;
  private readonly settings: SkySettings;

  constructor(map: MapLibre, fleet: Fleet, settings: SkySettings) {
    this.map = map;
    this.fleet = fleet;
    this.settings = settings;
    this.theme = settings.theme;
    this.isGliding = settings.isGliding;
    this.data = aircraftData(this.buffers);
    map.addControl(this.overlay);
    map.on("mousemove", (event) => this.hover(event));
    map.on("mouseout", () => this.mark(null));
    map.on("click", (event) => settings.onSelect(this.find(event)));
    // At once: the overlay draws along with the map, and would otherwise draw twice.
    map.on("move", () => this.draw(performance.now()));
    requestAnimationFrame(this.frame);
  }

  /** Takes the fleet after an update or a change of theme. */
  refresh(): void {
    this.buffers.write(this.fleet, this.theme, this.settings.now());
    this.data = aircraftData(this.buffers);
    this.isDue = true;
  }

  /** Draws soon, though nothing has moved. */
  redraw(): void {
    this.isDue = true;
  }

  /** Unix seconds up to which positions are carried on; null without gliding. */
  get moment(): number | null {
    return this.isGliding ? this.settings.now() : null;
  }

  private readonly frame = (time: number): void => {
    requestAnimationFrame(this.frame);
    if (this.isDue || time - this.lastFrame >= this.pauseMs()) {
      this.draw(time);
    }
  };

  private draw(time: number): void {
    this.isDue = false;
    this.lastFrame = time;
    this.overlay.setProps({ layers: [...this.trailLayers(), this.layer()] });
    this.settings.onDraw();
  }

  /** Until the fastest aircraft has moved so far that it is seen. */
  private pauseMs(): number {
    const pause = (1000 * STEP_PX * this.metresPerPixel()) / (FASTEST * this.speed);
    return this.isGliding ? Math.min(pause, SLOWEST_FRAME_MS) : SLOWEST_FRAME_MS;
  }

  private metresPerPixel(): number {
    const { lat } = this.map.getCenter();
    return (DEGREE_M * 360 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom());
  }

  private trailLayers() {
    const { selected, fleet, settings, theme } = this;
    const head = selected === null ? null : positionOf(fleet, selected, this.moment);
    return this.trail.layers(theme, head, settings.now());
  }

  private layer(): AircraftLayer {
    return new AircraftLayer({
      id: "aircraft",
      // deck.gl's type knows arrays of objects, of which there are none here.
      data: this.data as never,
      uniforms: this.uniforms(),
      onDrawn: this.noteDrawn,
    });
  }

  /** Marks when there were aircraft to be seen first, for who measures. */
  private readonly noteDrawn = (aircraft: number): void => {
    if (!this.hasDrawn && aircraft > 0) {
      this.hasDrawn = true;
      performance.mark("aircraft-drawn");
    }
  };

  private uniforms(): AircraftUniforms {
    const isDark = this.theme === "dark";
    return {
      now: this.settings.now() - this.buffers.epoch,
      glide: this.isGliding ? 1 : 0,
      degreesPerPixel: this.metresPerPixel() / DEGREE_M,
      size: sizeAt(this.map.getZoom()),
      selected: this.selected ?? -1,
      hovered: this.hovered ?? -1,
      ring: isDark ? [1, 1, 1, 0.95] : [0.05, 0.1, 0.2, 0.9],
      outline: isDark ? [0.03, 0.05, 0.1, 1] : [1, 1, 1, 1],
    };
  }

  private find(event: MapMouseEvent): number | null {
    const { lng, lat } = event.lngLat.wrap();
    return pick(this.fleet, [lng, lat], REACH_PX * this.metresPerPixel(), this.moment);
  }

  private hover(event: MapMouseEvent): void {
    this.mark(this.find(event));
  }

  private mark(slot: number | null): void {
    if (slot !== this.hovered) {
      this.hovered = slot;
      this.isDue = true;
      this.map.getCanvas().style.cursor = slot === null ? "" : "pointer";
    }
  }
}

function sizeAt(zoom: number): number {
  const above = SIZES.findIndex(([level]) => level > zoom);
  if (above === 0) {
    return SIZES[0]?.[1] ?? 0;
  }
  const [fromZoom, from] = SIZES.at(above - 1) ?? [0, 0];
  const [toZoom, to] = SIZES[above] ?? [fromZoom + 1, from];
  return from + ((to - from) * (zoom - fromZoom)) / (toZoom - fromZoom);
}
