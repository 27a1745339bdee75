/** The responses of the history API with the server's names, and their conversion into tracks. */

import { Track, type TrackPoint } from "./track.ts";

/** One flight of an aircraft. Times are Unix seconds; null is "not received" or "not seen". */
export interface Flight {
  icao24: string;
  callsign: string | null;
  origin_country: string | null;
  first_seen: number;
  last_seen: number;
  take_off: number | null;
  landing: number | null;
  /** Null, as are take-off, landing and extent, if the user may only see certain areas. */
  distance_km: number | null;
  /** Metres. */
  max_altitude: number | null;
  state_vectors: number | null;
  /** The extent of the flight in degrees; null if the user may not see all of it. */
  west: number | null;
  south: number | null;
  east: number | null;
  north: number | null;
  /** Positions that distance and extent leave out; null if the user may not know. */
  implausible_positions?: number | null;
  /** Altitudes that `max_altitude` leaves out. */
  implausible_altitudes?: number | null;
  /** The ICAO codes of the airports where the track shows the take-off and the landing. */
  takeoff_airport?: string | null;
  landing_airport?: string | null;
}

export interface AirportResponse {
  icao: string;
  /** Null for an airport without scheduled flights. */
  iata: string | null;
  name: string;
  city: string;
  /** Two letters of ISO 3166-1. */
  country: string;
  latitude: number;
  longitude: number;
  /** Metres above sea level. */
  altitude: number;
}

/** The flights that landed and took off at an airport, newest first. */
export interface Board {
  arrivals: Flight[];
  departures: Flight[];
}

export interface FlightsPage {
  flights: Flight[];
  /** The cursor of the next page; null on the last one. */
  next: string | null;
}

/** All traffic at one time, in the form of a `snapshot` of `format=row`. */
export interface Snapshot {
  time: number;
  fields: string[];
  states: (string | number | boolean | null)[][];
}

/** The traffic that is stored of one hour. */
export interface Hour {
  /** Unix seconds at which the hour begins. */
  hour: number;
  aircraft: number;
  /** Null if the user may only see certain areas. */
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
  /** Whether the server considers the position implausible; older servers do not send it. */
  implausible?: boolean | null;
}

export interface TrackResponse {
  icao24: string;
  states: TrackState[];
}

/** The tracks of several aircraft; each point is an array of the values that `fields` names. */
export interface SeveralTracks {
  fields: (keyof TrackState)[];
  tracks: { icao24: string; states: (number | boolean | null)[][] }[];
}

/** The minutes of aircraft in each cell: western and southern edge in degrees, minutes. */
export interface DensityOfDay {
  /** The side of a cell in degrees. */
  cell: number;
  cells: [west: number, south: number, minutes: number][];
}

/** Returns the tracks by icao24. */
export function tracksOf({ fields, tracks }: SeveralTracks): Map<string, Track> {
  return new Map(
    tracks.map(({ icao24, states }) => {
      const named = states.map((values) =>
        Object.fromEntries(fields.map((field, index) => [field, values[index]])),
      );
      return [icao24, trackOf({ icao24, states: named as unknown as TrackState[] })];
    }),
  );
}

export function trackOf(response: TrackResponse): Track {
  const track = new Track(response.icao24, response.states.length);
  for (const state of response.states) {
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
