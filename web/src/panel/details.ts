/** The panel about the selected aircraft. */

import type { Fleet } from "../stream/fleet.ts";
import { element, say } from "./elements.ts";
import { MISSING, type System, write, writeAge, writeTrack } from "./units.ts";

const CATEGORIES: readonly string[] = [
  "not told",
  "not told",
  "light",
  "small",
  "large",
  "high vortex",
  "heavy",
  "high performance",
  "rotorcraft",
  "glider",
  "lighter than air",
  "parachutist",
  "ultralight",
  "reserved",
  "unmanned",
  "space vehicle",
  "emergency vehicle",
  "service vehicle",
  "point obstacle",
  "cluster obstacle",
  "line obstacle",
];

const SOURCES: readonly string[] = ["ADS-B", "ASTERIX", "MLAT", "FLARM"];

/** What the stream of differences does not tell, asked for when an aircraft is selected. */
export interface Extra {
  geo_altitude: number | null;
  position_source: number | null;
}

export interface DetailsView {
  fleet: Fleet;
  /** Of the selected aircraft. */
  slot: number;
  extra: Extra | null;
  system: System;
  /** Unix seconds of the server's clock. */
  now: number;
}

export function showDetails(view: DetailsView | null): void {
  element("details").hidden = view === null;
  if (view === null) {
    return;
  }
  const { fleet, slot, extra, system, now } = view;
  const source = fleet.measure("position_source", slot);
  const geometric = fleet.measure("geo_altitude", slot);
  const onGround = fleet.measure("on_ground", slot) === 1;
  say("callsign", fleet.text("callsign", slot) ?? fleet.icao24[slot] ?? MISSING);
  say("icao24", fleet.icao24[slot] ?? MISSING);
  say("country", fleet.text("origin_country", slot) ?? MISSING);
  say("squawk", fleet.text("squawk", slot) ?? MISSING);
  say("category", CATEGORIES[fleet.measure("category", slot)] ?? MISSING);
  say("state", onGround ? "on the ground" : "in the air");
  say("baro-altitude", write(fleet.measure("baro_altitude", slot), "altitude", system));
  say("geo-altitude", write(known(geometric, extra?.geo_altitude), "altitude", system));
  say("velocity", write(fleet.measure("velocity", slot), "speed", system));
  say("track", writeTrack(fleet.measure("true_track", slot)));
  say("vertical-rate", write(fleet.measure("vertical_rate", slot), "climb", system));
  say("source", SOURCES[known(source, extra?.position_source)] ?? MISSING);
  say("position-age", writeAge(now - fleet.measure("time_position", slot)));
  say("contact-age", writeAge(now - fleet.measure("last_contact", slot)));
}

function known(streamed: number, asked: number | null | undefined): number {
  return Number.isNaN(streamed) ? (asked ?? Number.NaN) : streamed;
}

/** Asks for what the stream of differences does not tell; null if the server does not answer. */
export async function fetchExtra(icao24: string): Promise<Extra | null> {
  const fields = "geo_altitude,position_source";
  try {
    const answer = await fetch(`/api/flights?${new URLSearchParams({ icao24, fields })}`);
    const { states } = (await answer.json()) as { states?: Extra[] };
    return states?.[0] ?? null;
  } catch {
    return null;
  }
}
