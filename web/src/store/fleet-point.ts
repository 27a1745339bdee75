/** The newest state vector of an aircraft, as a point of its track. */

import type { TrackPoint } from "../history/track.ts";
import type { Fleet } from "../stream/fleet.ts";

export function pointOfSlot(fleet: Fleet, slot: number): TrackPoint {
  return {
    time: fleet.measure("last_contact", slot),
    positionTime: fleet.measure("time_position", slot),
    longitude: fleet.measure("longitude", slot),
    latitude: fleet.measure("latitude", slot),
    altitude: fleet.measure("baro_altitude", slot),
    velocity: fleet.measure("velocity", slot),
    onGround: fleet.measure("on_ground", slot) === 1,
  };
}
