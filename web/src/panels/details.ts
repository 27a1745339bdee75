/** The panel about the selected aircraft. */

import { effect } from "@preact/signals-core";
import type { Profile } from "../charts/profile.ts";
import { CATEGORIES } from "../core/categories.ts";
import { element, putInto } from "../core/elements.ts";
import { Later } from "../core/later.ts";
import { MISSING, write, writeAge, writeDistance, writeTrack } from "../core/units.ts";
import { bearingFrom, kilometresFrom } from "../store/home.ts";
import type { SelectedAircraft } from "../store/selected-aircraft.ts";
import type { Selected, Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";

/** By OpenSky's `position_source`. */
const SOURCES: readonly string[] = ["ADS-B", "ASTERIX", "MLAT", "FLARM"];

/** No aircraft has this slot: every value there is "not received". */
const NO_SLOT = -1;

export interface DetailsActions {
  /** Ends the selection. */
  select(icao24: null): void;
  /** Marks the position of the aircraft at a time (Unix seconds) on the map; null marks none. */
  pointAt(time: number | null): void;
}

export function renderDetails(
  store: Store,
  aircraft: SelectedAircraft,
  actions: DetailsActions,
): void {
  element("close-details").addEventListener("click", () => actions.select(null));
  effect(() => {
    element("details").hidden = store.selected.value === null;
  });
  effect(() => {
    const selected = store.selected.value;
    if (selected !== null) {
      store.fleetRevision.value; // reading subscribes to the fleet
      renderTexts(store, aircraft, selected);
      renderMeasures(store, aircraft);
      renderFromHome(store, aircraft);
    }
  });
  const host = element("profile");
  const profile = new Later(host, async () => {
    const { Profile } = await import("../charts/profile.ts");
    const made = new Profile(host, { hover: (time) => actions.pointAt(time) });
    renderProfile(made, store, aircraft);
    return made;
  });
  watch(
    () => store.selected.value,
    (selected) => selected !== null && profile.use(),
  );
}

function renderTexts(store: Store, aircraft: SelectedAircraft, { icao24, flight }: Selected): void {
  const { fleet } = store;
  const slot = aircraft.slot ?? NO_SLOT;
  const position = aircraft.newestPosition(store.now.value);
  const isDoubtful = position >= 0 && aircraft.track.value?.isPositionDoubtful(position) === true;
  putInto("callsign", fleet.text("callsign", slot) ?? flight?.callsign ?? icao24);
  putInto("icao24", icao24);
  putInto("country", fleet.text("origin_country", slot) ?? flight?.origin_country ?? MISSING);
  putInto("squawk", fleet.text("squawk", slot) ?? MISSING);
  putInto("category", CATEGORIES[fleet.measure("category", slot)] ?? MISSING);
  putInto("state", stateOf(fleet.measure("on_ground", slot)));
  element("implausible").hidden = !isDoubtful;
}

function renderMeasures(store: Store, aircraft: SelectedAircraft): void {
  const { fleet } = store;
  const [units, now] = [store.units.value, store.now.value];
  const slot = aircraft.slot ?? NO_SLOT;
  const extra = aircraft.extra.value;
  const geometric = valueOr(fleet.measure("geo_altitude", slot), extra?.geo_altitude);
  const source = valueOr(fleet.measure("position_source", slot), extra?.position_source);
  putInto("baro-altitude", write(fleet.measure("baro_altitude", slot), "altitude", units));
  putInto("geo-altitude", write(geometric, "altitude", units));
  putInto("velocity", write(fleet.measure("velocity", slot), "speed", units));
  putInto("track", writeTrack(fleet.measure("true_track", slot)));
  putInto("vertical-rate", write(fleet.measure("vertical_rate", slot), "climb", units));
  putInto("source", SOURCES[source] ?? MISSING);
  putInto("position-age", writeAge(now - fleet.measure("time_position", slot)));
  putInto("contact-age", writeAge(now - fleet.measure("last_contact", slot)));
}

/** Writes how far from home the aircraft is, and in which direction to look for it. */
function renderFromHome(store: Store, aircraft: SelectedAircraft): void {
  const { fleet } = store;
  const home = store.home.value;
  const slot = aircraft.slot ?? NO_SLOT;
  const place = [fleet.measure("longitude", slot), fleet.measure("latitude", slot)] as const;
  const isKnown = home !== null && !place.some(Number.isNaN);
  element("from-home-row").hidden = home === null;
  putInto(
    "from-home",
    isKnown
      ? `${writeDistance(kilometresFrom(home, ...place), store.units.value)} · ${writeTrack(bearingFrom(home, ...place))}`
      : MISSING,
  );
}

function renderProfile(profile: Profile, store: Store, aircraft: SelectedAircraft): void {
  watch(
    () => [aircraft.track.value, aircraft.notice.value, store.units.value] as const,
    ([track, notice, units]) => {
      if (notice !== "") {
        profile.showNotice(notice);
      } else if (track !== null) {
        profile.show(track, units);
      }
    },
  );
  watch(
    () => aircraft.trackRevision.value,
    () => {
      if (aircraft.notice.value === "") {
        profile.refresh();
      }
    },
  );
  watch(
    () => store.now.value,
    (now) => profile.mark(now),
  );
}

function stateOf(onGround: number): string {
  if (Number.isNaN(onGround)) {
    return "no current data";
  }
  return onGround === 1 ? "on the ground" : "in the air";
}

/** Returns a value of the stream; if it was not received, that of the extra fields; otherwise NaN. */
function valueOr(streamed: number, extra: number | null | undefined): number {
  return Number.isNaN(streamed) ? (extra ?? Number.NaN) : streamed;
}
