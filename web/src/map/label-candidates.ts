/** Finds the aircraft in view that may have a label, and where on the screen the shader draws them. */

import { isEmergency } from "../core/squawks.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { AircraftBuffers } from "./aircraft-buffers.ts";
import {
  longitudeScale,
  MAX_GLIDE_DEGREES,
  MAX_GLIDE_S,
  METRES_PER_DEGREE,
} from "./dead-reckoning.ts";
import type { Candidates } from "./label-placement.ts";
import { SHAPE_SIZES } from "./shapes.ts";

/** Emergencies are placed first, aircraft on the ground last. */
const [EMERGENCY, AIRBORNE, ON_GROUND] = [0, 1, 2];
/** How far an icon reaches from its middle, compared with its size. */
const REACH = 0.42;
/** Pixels between an icon and its label. */
const GAP_PX = 2;

/** MapLibre's width of the world at zoom 0. */
export const WORLD_PX = 512;
/** Distance of the label of a selected or hovered aircraft from its middle, to the right and up. */
export const OFFSET_PX = 20;

/** What the map shows; lengths are pixels. */
export interface Camera {
  longitude: number;
  latitude: number;
  /** The width of the world. */
  world: number;
  /** Degrees by which the map is turned clockwise. */
  bearing: number;
  halfWidth: number;
  halfHeight: number;
}

/** A place on the screen in pixels from the middle of the map, y down. */
export interface Place {
  x: number;
  y: number;
}

/** Reuses its arrays for each search. */
export class CandidateSearch {
  private found: Candidates = emptyCandidates(0);

  /**
   * @param seconds The time to extrapolate to, since the epoch of the buffers; null draws as received.
   * @param iconSize Pixels of the icon of an aircraft of the medium wake class.
   * @param left The slot of an aircraft that is left out; null leaves out none.
   */
  search(
    fleet: Fleet,
    aircraft: AircraftBuffers,
    camera: Camera,
    seconds: number | null,
    iconSize: number,
    left: number | null,
  ): Candidates {
    if (this.found.slots.length < aircraft.length) {
      this.found = emptyCandidates(Math.ceil(aircraft.length * 1.25));
    }
    const { found } = this;
    const squawks = fleet.texts("squawk");
    const grounded = fleet.column("on_ground");
    const place = { x: 0, y: 0 };
    const [south, north] = latitudesOf(camera);
    found.count = 0;
    for (let slot = 0; slot < aircraft.length; slot++) {
      const latitude = aircraft.positions[2 * slot + 1] as number;
      // First what is cheap, as few aircraft are in view at most zoom levels.
      if (latitude < south || latitude > north || slot === left) {
        continue;
      }
      if (!isInView(aircraft, slot, camera, seconds, place)) {
        continue;
      }
      const index = found.count++;
      const size = SHAPE_SIZES[aircraft.motions[4 * slot + 3] as number] ?? 1;
      found.slots[index] = slot;
      found.x[index] = place.x;
      found.y[index] = place.y;
      found.gaps[index] = REACH * iconSize * size + GAP_PX;
      found.ranks[index] = isEmergency(squawks[slot])
        ? EMERGENCY
        : grounded[slot] === 1
          ? ON_GROUND
          : AIRBORNE;
    }
    return found;
  }
}

/** Returns the latitudes between which an aircraft may be in view, at most 90 degrees. */
function latitudesOf({
  latitude,
  world,
  bearing,
  halfWidth,
  halfHeight,
}: Camera): [south: number, north: number] {
  const reach = bearing === 0 ? halfHeight : Math.hypot(halfWidth, halfHeight);
  const [middle, away] = [mercatorY(latitude), reach / world];
  const [south, north] = [latitudeAt(middle - away), latitudeAt(middle + away)];
  return [south - MAX_GLIDE_DEGREES, Math.min(north + MAX_GLIDE_DEGREES, 90)];
}

/** Computes where an aircraft is drawn; returns whether that is in view. */
export function isInView(
  { positions, motions }: AircraftBuffers,
  slot: number,
  camera: Camera,
  seconds: number | null,
  place: Place,
): boolean {
  let longitude = positions[2 * slot] as number;
  let latitude = positions[2 * slot + 1] as number;
  if (latitude > 90) {
    return false;
  }
  const speed = motions[4 * slot + 1] as number;
  if (seconds !== null && speed > 0) {
    const track = motions[4 * slot] as number;
    const age = Math.max(seconds - (motions[4 * slot + 2] as number), 0);
    const degrees = (speed * Math.min(age, MAX_GLIDE_S)) / METRES_PER_DEGREE;
    longitude += (degrees * Math.sin(track)) / longitudeScale(latitude);
    latitude += degrees * Math.cos(track);
  }
  project(longitude, latitude, camera, place);
  return Math.abs(place.x) <= camera.halfWidth && Math.abs(place.y) <= camera.halfHeight;
}

/** Projects a place as MapLibre does, into the copy of the world that is nearest to the middle. */
function project(longitude: number, latitude: number, camera: Camera, place: Place): void {
  const turns = (longitude - camera.longitude) / 360;
  const east = (turns - Math.round(turns)) * camera.world;
  const south = (mercatorY(camera.latitude) - mercatorY(latitude)) * camera.world;
  if (camera.bearing === 0) {
    place.x = east;
    place.y = south;
  } else {
    const angle = (-camera.bearing * Math.PI) / 180;
    place.x = east * Math.cos(angle) - south * Math.sin(angle);
    place.y = east * Math.sin(angle) + south * Math.cos(angle);
  }
}

/** Returns the distance from the equator to the north, as a part of the width of the world. */
function mercatorY(latitude: number): number {
  return Math.atanh(Math.sin((latitude * Math.PI) / 180)) / (2 * Math.PI);
}

/** The inverse of mercatorY. */
function latitudeAt(y: number): number {
  return (Math.asin(Math.tanh(2 * Math.PI * y)) * 180) / Math.PI;
}

function emptyCandidates(capacity: number): Candidates {
  return {
    count: 0,
    slots: new Int32Array(capacity),
    x: new Float32Array(capacity),
    y: new Float32Array(capacity),
    gaps: new Float32Array(capacity),
    ranks: new Uint8Array(capacity),
  };
}
