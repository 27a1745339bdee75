/** The fleet as vertex buffers for the graphics card, written after each update, not each frame. */

import { isEmergency } from "../core/squawks.ts";
import type { ThemeName } from "../core/theme.ts";
import type { Fleet } from "../stream/fleet.ts";
import {
  EMERGENCY_COLOUR,
  GROUND_COLOUR,
  rampOffset,
  rampTable,
  UNKNOWN_COLOUR,
} from "./altitude-ramp.ts";
import { canGlide } from "./dead-reckoning.ts";
import { shapeIndex } from "./shapes.ts";

/** The latitude of a slot that the shader must not draw. */
const NO_POSITION = 999;
/** Opacity of aircraft on the ground, from 0 to 255. */
const GROUND_OPACITY = 150;
/** Arrays that must grow become larger than needed by this factor, so that they grow seldom. */
const GROWTH = 1.25;

/** Each array has the values of one slot after the other. */
export class AircraftBuffers {
  /** Longitude and latitude in degrees. */
  positions = new Float32Array(0);
  /**
   * True track in radians or -1 if unknown, speed in m/s or 0 if the position is not extrapolated,
   * time of the position in seconds since `epoch`, and index of the shape.
   */
  motions = new Float32Array(0);
  /** Red, green, blue and opacity. */
  colours = new Uint8Array(0);
  length = 0;
  /** Unix seconds from which times count: a Float32 cannot hold whole Unix seconds. */
  epoch = 0;

  /**
   * Writes the whole fleet.
   *
   * @param now Unix seconds; times near it keep their fractions.
   */
  write(fleet: Fleet, theme: ThemeName, now: number): void {
    this.epoch = Math.floor(now);
    this.length = fleet.end;
    if (this.length * 4 > this.motions.length) {
      const capacity = Math.ceil(this.length * GROWTH);
      this.positions = new Float32Array(capacity * 2);
      this.motions = new Float32Array(capacity * 4);
      this.colours = new Uint8Array(capacity * 4);
    }
    this.writePositions(fleet);
    this.writeMotions(fleet);
    this.writeColours(fleet, theme);
  }

  private writePositions(fleet: Fleet): void {
    const longitudes = fleet.column("longitude");
    const latitudes = fleet.column("latitude");
    for (let slot = 0; slot < this.length; slot++) {
      const latitude = latitudes[slot] as number;
      const hasPosition = !Number.isNaN(latitude) && fleet.icao24[slot] != null;
      this.positions[2 * slot] = hasPosition ? (longitudes[slot] as number) : 0;
      this.positions[2 * slot + 1] = hasPosition ? latitude : NO_POSITION;
    }
  }

  private writeMotions(fleet: Fleet): void {
    const tracks = fleet.column("true_track");
    const speeds = fleet.column("velocity");
    const times = fleet.column("time_position");
    const categories = fleet.column("category");
    const grounded = fleet.column("on_ground");
    const types = fleet.texts("type");
    for (let slot = 0; slot < this.length; slot++) {
      const track = tracks[slot] as number;
      const speed = speeds[slot] as number;
      this.motions[4 * slot] = track >= 0 ? (track * Math.PI) / 180 : -1;
      this.motions[4 * slot + 1] = canGlide(speed, track, grounded[slot] as number) ? speed : 0;
      this.motions[4 * slot + 2] = (times[slot] as number) - this.epoch;
      this.motions[4 * slot + 3] = shapeIndex(types[slot] ?? null, categories[slot] as number);
    }
  }

  private writeColours(fleet: Fleet, theme: ThemeName): void {
    const table = rampTable(theme);
    const altitudes = fleet.column("baro_altitude");
    const grounded = fleet.column("on_ground");
    const squawks = fleet.texts("squawk");
    for (let slot = 0; slot < this.length; slot++) {
      const altitude = altitudes[slot] as number;
      const at = 4 * slot;
      this.colours[at + 3] = 255;
      if (isEmergency(squawks[slot])) {
        this.colours.set(EMERGENCY_COLOUR[theme], at);
      } else if (grounded[slot] === 1) {
        this.colours.set(GROUND_COLOUR[theme], at);
        this.colours[at + 3] = GROUND_OPACITY;
      } else if (Number.isNaN(altitude)) {
        this.colours.set(UNKNOWN_COLOUR[theme], at);
      } else {
        const offset = rampOffset(altitude);
        this.colours[at] = table[offset] as number;
        this.colours[at + 1] = table[offset + 1] as number;
        this.colours[at + 2] = table[offset + 2] as number;
      }
    }
  }
}
