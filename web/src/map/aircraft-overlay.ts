/** The overlay of all aircraft and the trail on the map; it also finds the hovered aircraft. */

import type { Layer } from "@deck.gl/core";
import { MapLibreOverlay } from "@deck.gl/maplibre";
import type { Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import { screenScale } from "../core/screen.ts";
import type { ThemeName } from "../core/theme.ts";
import type { Fleet } from "../stream/fleet.ts";
import { AircraftBuffers } from "./aircraft-buffers.ts";
import { AircraftLayer, type AircraftLayerData, aircraftData } from "./aircraft-layer.ts";
import type { AircraftUniforms } from "./aircraft-shaders.ts";
import { METRES_PER_DEGREE, positionOf } from "./dead-reckoning.ts";
import { FleetLabels } from "./fleet-labels.ts";
import { nextOf } from "./in-view.ts";
import { pick, pickAll } from "./pick.ts";
import { Trail } from "./trail.ts";

/** A frame is drawn when an aircraft of this speed has moved by this distance; few fly faster. */
const TYPICAL_MAX_M_S = 300;
const MIN_MOVE_PX = 0.25;
const MAX_FRAME_INTERVAL_MS = 1_000;
/** The greatest distance between the pointer and an aircraft that it hits. */
const PICK_RADIUS_PX = 18;
/** Aircraft that are nearer to each other than this cannot be distinguished by clicking. */
const STACK_RADIUS_PX = 6;

/** Width of the icons in pixels by zoom level, interpolated in between. */
const ICON_SIZES: readonly [zoom: number, size: number][] = [
  [1, 9],
  [4, 15],
  [6, 21],
  [9, 32],
  [14, 44],
];

export interface OverlaySettings {
  theme: ThemeName;
  isGliding: boolean;
  /** Returns the time that the map shows, Unix seconds. */
  now: () => number;
  /** Called after a click on the map with the aircraft's slot, null if there is none, and the click. */
  onSelect: (slot: number | null, click: MapMouseEvent) => void;
  /** Called after each drawing, so that labels can move along. */
  onDraw: () => void;
  /** Called once, after the first drawing that had aircraft. */
  onFirstAircraft: () => void;
}

export class AircraftOverlay {
  theme: ThemeName;
  isGliding: boolean;
  /** The slot of the selected aircraft; null for none. */
  selected: number | null = null;
  /** The slot of the aircraft under the pointer; null for none. */
  hovered: number | null = null;
  /** Seconds of the shown time per second: 1 if live, more in a replay. */
  speed = 1;
  readonly trail = new Trail();
  readonly labels: FleetLabels;
  /** Whether aircraft are left out, because their density is drawn. */
  isHidden = false;
  /** Returns further layers, which lie below the aircraft. */
  furtherLayers: (metresPerPixel: number) => Layer[] = () => [];
  private data: AircraftLayerData;
  private lastDrawnAt = 0;
  private isDirty = true;
  private hasDrawn = false;
  private readonly buffers = new AircraftBuffers();
  private readonly overlay: MapLibreOverlay = new MapLibreOverlay({
    interleaved: false,
    layers: [],
    onLoad: () => this.leaveTabOrder(),
  });
  private readonly map: MapLibre;
  private readonly fleet: Fleet;
  private readonly settings: OverlaySettings;

  constructor(map: MapLibre, fleet: Fleet, settings: OverlaySettings) {
    this.map = map;
    this.fleet = fleet;
    this.settings = settings;
    this.theme = settings.theme;
    this.isGliding = settings.isGliding;
    this.data = aircraftData(this.buffers);
    this.labels = new FleetLabels(map, fleet);
    map.addControl(this.overlay);
    map.on("mousemove", (event) => this.setHovered(this.find(event)));
    map.on("mouseout", () => this.setHovered(null));
    map.on("click", (event) => settings.onSelect(this.findNext(event), event));
    // Immediately, as the overlay draws with the map and would otherwise draw twice.
    map.on("move", () => this.draw(performance.now()));
    requestAnimationFrame(this.frame);
  }

  /** Uploads the fleet after an update or a change of theme. */
  refresh(): void {
    this.buffers.write(this.fleet, this.theme, this.settings.now());
    this.data = aircraftData(this.buffers);
    this.labels.invalidate();
    this.isDirty = true;
  }

  /** Draws in the next frame, even if no aircraft has moved. */
  redraw(): void {
    this.isDirty = true;
  }

  /** Unix seconds to which positions are extrapolated; null if they are drawn as received. */
  get glideTime(): number | null {
    return this.isGliding ? this.settings.now() : null;
  }

  private readonly frame = (time: number): void => {
    requestAnimationFrame(this.frame);
    const isOld = time - this.lastDrawnAt >= this.frameIntervalMs();
    if (this.isDirty || isOld || this.labels.isDue(time)) {
      this.draw(time);
    }
  };

  /** deck.gl makes its canvas a tab stop, where nothing can be done: the map's own canvas has the keys. */
  private leaveTabOrder(): void {
    const canvas = this.overlay.getCanvas();
    if (canvas !== null) {
      canvas.tabIndex = -1;
      canvas.ariaHidden = "true";
    }
  }

  private draw(time: number): void {
    this.isDirty = false;
    this.lastDrawnAt = time;
    const aircraft = this.isHidden ? [] : [this.aircraftLayer()];
    const further = this.furtherLayers(this.metresPerPixel());
    const labels = this.isHidden
      ? []
      : this.labels.layers(time, {
          theme: this.theme,
          aircraft: this.buffers,
          now: this.settings.now(),
          isGliding: this.isGliding,
          iconSize: iconSize(this.map.getZoom()),
          selected: this.selected,
        });
    this.overlay.setProps({ layers: [...further, ...this.trailLayers(), ...aircraft, ...labels] });
    this.settings.onDraw();
  }

  /** Returns how long it takes until a fast aircraft has visibly moved. */
  private frameIntervalMs(): number {
    const interval = (1000 * MIN_MOVE_PX * this.metresPerPixel()) / (TYPICAL_MAX_M_S * this.speed);
    return this.isGliding ? Math.min(interval, MAX_FRAME_INTERVAL_MS) : MAX_FRAME_INTERVAL_MS;
  }

  private metresPerPixel(): number {
    const { lat } = this.map.getCenter();
    return (
      (METRES_PER_DEGREE * 360 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** this.map.getZoom())
    );
  }

  private trailLayers() {
    const { selected, fleet, settings, theme } = this;
    const head = selected === null ? null : positionOf(fleet, selected, this.glideTime);
    return this.trail.layers(theme, head, settings.now(), this.metresPerPixel());
  }

  private aircraftLayer(): AircraftLayer {
    return new AircraftLayer({
      id: "aircraft",
      // deck.gl's type describes arrays of objects only, not its own binary data.
      data: this.data as never,
      uniforms: this.uniforms(),
      onDrawn: this.onDrawn,
    });
  }

  /** Marks the first frame with aircraft, for performance measurements too. */
  private readonly onDrawn = (aircraft: number): void => {
    if (!this.hasDrawn && aircraft > 0) {
      this.hasDrawn = true;
      performance.mark("aircraft-drawn");
      this.settings.onFirstAircraft();
    }
  };

  private uniforms(): AircraftUniforms {
    const isDark = this.theme === "dark";
    return {
      now: this.settings.now() - this.buffers.epoch,
      glide: this.isGliding ? 1 : 0,
      degreesPerPixel: this.metresPerPixel() / METRES_PER_DEGREE,
      size: iconSize(this.map.getZoom()) * screenScale(),
      selected: this.selected ?? -1,
      hovered: this.hovered ?? -1,
      ring: isDark ? [1, 1, 1, 0.95] : [0.05, 0.1, 0.2, 0.9],
      outline: isDark ? [0.03, 0.05, 0.1, 1] : [1, 1, 1, 1],
    };
  }

  /** Returns the slot of the aircraft under the pointer; null for none. */
  private find(event: MapMouseEvent): number | null {
    if (this.isHidden) {
      return null;
    }
    const { lng, lat } = event.lngLat.wrap();
    return pick(
      this.fleet,
      [lng, lat],
      PICK_RADIUS_PX * screenScale() * this.metresPerPixel(),
      this.glideTime,
    );
  }

  /** Returns the slot of the aircraft under the pointer; of several in one place the one after the selected. */
  private findNext(event: MapMouseEvent): number | null {
    const nearest = this.find(event);
    const stack = nearest === null ? [] : this.stackOf(nearest);
    const isSelected = this.selected !== null && stack.includes(this.selected);
    return isSelected ? nextOf(stack, this.selected, 1) : nearest;
  }

  /** Returns the slots of the aircraft that are drawn in the place of one, itself included, in order. */
  stackOf(slot: number): number[] {
    const position = positionOf(this.fleet, slot, this.glideTime);
    const within = STACK_RADIUS_PX * screenScale() * this.metresPerPixel();
    return position === null
      ? []
      : pickAll(this.fleet, position, within, this.glideTime).sort((one, other) => one - other);
  }

  private setHovered(slot: number | null): void {
    if (slot !== this.hovered) {
      this.hovered = slot;
      this.isDirty = true;
      this.map.getCanvas().style.cursor = slot === null ? "" : "pointer";
    }
  }
}

/** Returns the width of an icon in pixels. */
function iconSize(zoom: number): number {
  const above = ICON_SIZES.findIndex(([level]) => level > zoom);
  if (above === 0) {
    return ICON_SIZES[0]?.[1] ?? 0;
  }
  const [fromZoom, from] = ICON_SIZES.at(above - 1) ?? [0, 0];
  const [toZoom, to] = ICON_SIZES[above] ?? [fromZoom + 1, from];
  return from + ((to - from) * (zoom - fromZoom)) / (toZoom - fromZoom);
}
