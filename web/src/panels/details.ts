/** The panel about the selected aircraft. */

import { ask } from "../core/access.ts";
import { CATEGORIES } from "../core/categories.ts";
import { element, say } from "../core/elements.ts";
import { MISSING, type System, write, writeAge, writeTrack } from "../core/units.ts";
import type { Flight } from "../history/answers.ts";
import type { Fleet } from "../stream/fleet.ts";

const SOURCES: readonly string[] = ["ADS-B", "ASTERIX", "MLAT", "FLARM"];

/** What the stream of differences does not tell, asked for when an aircraft is selected. */
export interface Extra {
  geo_altitude: number | null;
  position_source: number | null;
}

export interface DetailsView {
  fleet: Fleet;
  icao24: string;
  /** Of the selected aircraft; null if it is not in the picture. */
  slot: number | null;
  extra: Extra | null;
  /** A past flight of it that was asked for. */
  flight: Flight | null;
  /** Whether the newest position does not follow from most of those before. */
  isPositionDoubtful: boolean;
  system: System;
  /** Unix seconds of what is shown. */
  now: number;
}

/** No aircraft has it: every measure there is one that was not received. */
const NO_SLOT = -1;

export function showDetails(view: DetailsView | null): void {
  element("details").hidden = view === null;
  if (view === null) {
    return;
  }
  const { fleet, icao24, extra, flight, system, now } = view;
  const slot = view.slot ?? NO_SLOT;
  const source = fleet.measure("position_source", slot);
  const geometric = fleet.measure("geo_altitude", slot);
  say("callsign", fleet.text("callsign", slot) ?? flight?.callsign ?? icao24);
  say("icao24", icao24);
  say("country", fleet.text("origin_country", slot) ?? flight?.origin_country ?? MISSING);
  say("squawk", fleet.text("squawk", slot) ?? MISSING);
  say("category", CATEGORIES[fleet.measure("category", slot)] ?? MISSING);
  element("implausible").hidden = !view.isPositionDoubtful;
  say("state", stateOf(fleet.measure("on_ground", slot)));
  say("baro-altitude", write(fleet.measure("baro_altitude", slot), "altitude", system));
  say("geo-altitude", write(known(geometric, extra?.geo_altitude), "altitude", system));
  say("velocity", write(fleet.measure("velocity", slot), "speed", system));
  say("track", writeTrack(fleet.measure("true_track", slot)));
  say("vertical-rate", write(fleet.measure("vertical_rate", slot), "climb", system));
  say("source", SOURCES[known(source, extra?.position_source)] ?? MISSING);
  say("position-age", writeAge(now - fleet.measure("time_position", slot)));
  say("contact-age", writeAge(now - fleet.measure("last_contact", slot)));
}

function stateOf(onGround: number): string {
  if (Number.isNaN(onGround)) {
    return "not in the picture";
  }
  return onGround === 1 ? "on the ground" : "in the air";
}

function known(streamed: number, asked: number | null | undefined): number {
  return Number.isNaN(streamed) ? (asked ?? Number.NaN) : streamed;
}

/** Asks for what the stream of differences does not tell; null if the server does not answer. */
export async function fetchExtra(icao24: string): Promise<Extra | null> {
  const fields = "geo_altitude,position_source";
  try {
    const answer = await ask(`/api/flights?${new URLSearchParams({ icao24, fields })}`);
    const { states } = (await answer.json()) as { states?: Extra[] };
    return states?.[0] ?? null;
  } catch {
    return null;
  }
}
