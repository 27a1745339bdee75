/** The fleet as the graphics card takes it: written anew after an update, not for each frame. */

import { isEmergency } from "../core/squawks.ts";
import type { ThemeName } from "../core/theme.ts";
import type { Fleet } from "../stream/fleet.ts";
import { EMERGENCY, GROUND, rampStep, rampTable, UNKNOWN } from "./altitude-ramp.ts";
import { isGliding } from "./dead-reckoning.ts";
import { shapeOf } from "./shapes.ts";

/** A latitude that says: do not draw. */
const NOWHERE = 999;
/** Colours are bytes; those on the ground are this opaque. */
const DIMMED = 150;
const SPARE = 1.25;

export class AircraftBuffers {
  /** Longitude and latitude, degrees. */
  positions = new Float32Array(0);
  /** True track in radians, -1 unknown; speed in m/s, 0 if not gliding; seconds since epoch; shape. */
  motions = new Float32Array(0);
  /** Red, green, blue, alpha. */
  colours = new Uint8Array(0);
  length = 0;
  /** Unix seconds from which times count: a Float32 has not enough digits for all since 1970. */
  epoch = 0;

  /**
   * Takes the whole fleet.
   *
   * @param now Unix seconds; times near it are exact.
   */
  write(fleet: Fleet, theme: ThemeName, now: number): void {
    this.epoch = Math.floor(now);
    this.length = fleet.end;
    if (this.length * 4 > this.motions.length) {
      const capacity = Math.ceil(this.length * SPARE);
      this.positions = new Float32Array(capacity * 2);
      this.motions = new Float32Array(capacity * 4);
      this.colours = new Uint8Array(capacity * 4);
    }
    this.place(fleet);
    this.move(fleet);
    this.paint(fleet, theme);
  }

  private place(fleet: Fleet): void {
    const longitudes = fleet.column("longitude");
    const latitudes = fleet.column("latitude");
    for (let slot = 0; slot < this.length; slot++) {
      const latitude = latitudes[slot] as number;
      const isSomewhere = !Number.isNaN(latitude) && fleet.icao24[slot] != null;
      this.positions[2 * slot] = isSomewhere ? (longitudes[slot] as number) : 0;
      this.positions[2 * slot + 1] = isSomewhere ? latitude : NOWHERE;
    }
  }

  private move(fleet: Fleet): void {
    const tracks = fleet.column("true_track");
    const speeds = fleet.column("velocity");
    const times = fleet.column("time_position");
    const categories = fleet.column("category");
    const grounded = fleet.column("on_ground");
    for (let slot = 0; slot < this.length; slot++) {
      const track = tracks[slot] as number;
      const speed = speeds[slot] as number;
      this.motions[4 * slot] = track >= 0 ? (track * Math.PI) / 180 : -1;
      this.motions[4 * slot + 1] = isGliding(speed, track, grounded[slot] as number) ? speed : 0;
      this.motions[4 * slot + 2] = (times[slot] as number) - this.epoch;
      this.motions[4 * slot + 3] = shapeOf(categories[slot] as number);
    }
  }

  private paint(fleet: Fleet, theme: ThemeName): void {
    const table = rampTable(theme);
    const altitudes = fleet.column("baro_altitude");
    const grounded = fleet.column("on_ground");
    const squawks = fleet.texts("squawk");
    for (let slot = 0; slot < this.length; slot++) {
      const altitude = altitudes[slot] as number;
      const at = 4 * slot;
      this.colours[at + 3] = 255;
      if (isEmergency(squawks[slot])) {
        this.colours.set(EMERGENCY[theme], at);
      } else if (grounded[slot] === 1) {
        this.colours.set(GROUND[theme], at);
        this.colours[at + 3] = DIMMED;
      } else if (Number.isNaN(altitude)) {
        this.colours.set(UNKNOWN[theme], at);
      } else {
        const step = rampStep(altitude);
        this.colours[at] = table[step] as number;
        this.colours[at + 1] = table[step + 1] as number;
        this.colours[at + 2] = table[step + 2] as number;
      }
    }
  }
}
