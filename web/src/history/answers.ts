/** What the history answers, in the server's own names, and how it becomes what the page keeps. */

import { Track, type TrackPoint } from "./track.ts";

/** One leg of an aircraft. Times are Unix seconds; null was not received, or not seen. */
export interface Flight {
  icao24: string;
  callsign: string | null;
  origin_country: string | null;
  first_seen: number;
  last_seen: number;
  take_off: number | null;
  landing: number | null;
  /** Null, as the ends and the extent, where only what lies inside some areas may be known. */
  distance_km: number | null;
  /** Metres. */
  max_altitude: number | null;
  state_vectors: number | null;
  /** How far it went, in degrees; null for who may not see all of it. */
  west: number | null;
  south: number | null;
  east: number | null;
  north: number | null;
  /** Positions that distance and extent do not count; null where that is not to be known. */
  implausible_positions?: number | null;
  /** Altitudes that `max_altitude` does not count. */
  implausible_altitudes?: number | null;
}

export interface FlightsPage {
  flights: Flight[];
  /** Names the page that follows; null on the last one. */
  next: string | null;
}

/** All traffic at a moment: what a `snapshot` of `format=row` has. */
export interface Snapshot {
  time: number;
  fields: string[];
  states: (string | number | boolean | null)[][];
}

export interface Hour {
  /** Unix seconds of its beginning. */
  hour: number;
  aircraft: number;
  /** Null where only what lies inside some areas may be known. */
  state_vectors: number | null;
}

/** The fields of a state vector that a track keeps. */
export interface TrackState {
  last_contact: number;
  time_position: number | null;
  longitude: number | null;
  latitude: number | null;
  baro_altitude: number | null;
  geo_altitude: number | null;
  velocity: number | null;
  on_ground: boolean;
  /** Whether the server takes the position for wrong; older servers do not say. */
  implausible?: boolean | null;
}

export interface TrackAnswer {
  icao24: string;
  states: TrackState[];
}

export function trackOf(answer: TrackAnswer): Track {
  const track = new Track(answer.icao24, answer.states.length);
  for (const state of answer.states) {
    track.append(pointOf(state));
  }
  return track;
}

function pointOf(state: TrackState): TrackPoint {
  return {
    time: state.last_contact,
    positionTime: state.time_position ?? Number.NaN,
    longitude: state.longitude ?? Number.NaN,
    latitude: state.latitude ?? Number.NaN,
    altitude: state.baro_altitude ?? state.geo_altitude ?? Number.NaN,
    velocity: state.velocity ?? Number.NaN,
    onGround: state.on_ground,
    isImplausible: state.implausible ?? undefined,
  };
}
