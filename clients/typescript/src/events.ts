/** The events of a stream, and the aircraft in them, whatever the format they were sent in. */

/**
 * One aircraft in OpenSky's names and units: metres, metres per second, degrees, Unix seconds.
 * null is "not received"; a field that was not requested is absent.
 */
export interface Aircraft {
  icao24: string;
  callsign?: string | null;
  origin_country?: string | null;
  time_position?: number | null;
  last_contact?: number;
  longitude?: number | null;
  latitude?: number | null;
  baro_altitude?: number | null;
  on_ground?: boolean;
  velocity?: number | null;
  true_track?: number | null;
  vertical_rate?: number | null;
  sensors?: number[] | null;
  geo_altitude?: number | null;
  squawk?: string | null;
  spi?: boolean;
  position_source?: number;
  category?: number | null;
  /** The fields from here on come only if `fields` names them, from servers that have them. */
  registration?: string | null;
  /** The ICAO type designator, such as A320. */
  type?: string | null;
  operator?: string | null;
  operator_icao?: string | null;
  military?: boolean;
}

export type Field = keyof Aircraft;

/** Everything is replaced by these aircraft. */
export interface Snapshot {
  event: "snapshot";
  id: string;
  /** The time of the data in Unix seconds, as in all events. */
  time: number;
  states: Aircraft[];
}

/** These aircraft have changed; each takes the place of its former state. */
export interface Update {
  event: "update";
  id: string;
  time: number;
  states: Aircraft[];
}

/** These aircraft are no longer received, or no longer match. Some of them may be unknown here. */
export interface Remove {
  event: "remove";
  id: string;
  time: number;
  icao24: string[];
}

/** A quiet stream is alive; `aircraft` counts the whole fleet, whatever the filters are. */
export interface Heartbeat {
  event: "heartbeat";
  id: string;
  time: number;
  aircraft: number;
}

/** The changes that were missed are not known for certain; a snapshot follows. */
export interface Reset {
  event: "reset";
  id: string;
  reason: string;
}

/** The connection has ended; the client returns by itself, and resumes where it was. */
export interface Disconnected {
  event: "disconnected";
  reason: string;
  /** Milliseconds until it returns. */
  retryInMs: number;
}

export type FlightEvent = Snapshot | Update | Remove | Heartbeat | Reset | Disconnected;

/** The server refuses the request, and would refuse it again: correct the query or the key. */
export class RefusedError extends Error {
  override name = "RefusedError";
  /** The status of the HTTP response; 200 if the stream itself contained the refusal. */
  readonly status: number;
  /** The parameter at fault; null if it is none or not known. */
  readonly parameter: string | null;

  constructor(reason: string, status: number, parameter: string | null = null) {
    super(reason);
    this.status = status;
    this.parameter = parameter;
  }
}
