/** What the user can do on the page, as changes of the store. */

import { batch, signal } from "@preact/signals-core";
import type { Flight } from "./history/responses.ts";
import type { Side } from "./store/address.ts";
import { allOf, MAX_SELECTED, type Selection, toggled, withAdded } from "./store/selection.ts";
import type { Store } from "./store/store.ts";
import type { Feed } from "./stream/feed.ts";
import type { FilterName, Filters } from "./stream/query.ts";

/** The speed at which a past flight is replayed: an hour takes two minutes. */
const REPLAY_SPEED = 30;

export class Actions {
  /** Why some aircraft were not selected; empty if all were. */
  readonly selectionNotice = signal("");
  private readonly store: Store;
  private readonly feed: Feed;

  constructor(store: Store, feed: Feed) {
    this.store = store;
    this.feed = feed;
  }

  setFilters(filters: Filters): void {
    batch(() => {
      this.keepReplayPosition();
      this.store.filters.value = filters;
    });
  }

  /** Sets one filter; null removes it. */
  setFilter(name: FilterName, value: string | null): void {
    this.setFilters(this.store.withFilter(name, value));
  }

  /** Selects one aircraft, with a past flight if its track is to be shown; null selects none. */
  select(icao24: string | null, flight: Flight | null = null): void {
    batch(() => {
      this.beforeSelection();
      this.store.selected.value = icao24 === null ? null : { icao24, flight };
      this.store.others.value = [];
    });
  }

  /** Selects an aircraft beside those that are selected, or no longer. */
  toggleSelected(icao24: string): void {
    this.setSelection(toggled(this.store.selection, icao24));
  }

  /** Selects further aircraft, as many as fit, and says how many do not. */
  addToSelection(icao24s: readonly string[]): void {
    const { selection } = this.store;
    const before = new Set(allOf(selection));
    const added = icao24s.filter((icao24) => !before.has(icao24)).length;
    const after = withAdded(selection, icao24s);
    this.setSelection(after);
    const left = before.size + added - allOf(after).length;
    this.selectionNotice.value =
      left > 0 ? `${left} more were not selected: ${MAX_SELECTED} is the most.` : "";
  }

  /** Selects several aircraft. The past flight of the focused one stays while it is focused. */
  setSelection({ focused, others }: Selection): void {
    const { store } = this;
    batch(() => {
      this.beforeSelection();
      this.selectionNotice.value = "";
      if (focused !== store.icao24.value) {
        store.selected.value = focused === null ? null : { icao24: focused, flight: null };
      }
      store.others.value = others;
    });
  }

  /** The selection passes the filters, which takes a new request. */
  private beforeSelection(): void {
    if (this.store.filters.value.size > 0) {
      this.keepReplayPosition();
    }
  }

  /** Replays a past flight from its beginning, with all traffic around it. */
  replayFlight(flight: Flight): void {
    batch(() => {
      this.select(flight.icao24, flight);
      this.store.seek({ time: flight.first_seen, speed: REPLAY_SPEED });
    });
  }

  toggle(side: Side): void {
    this.store.side.value = this.store.side.value === side ? null : side;
  }

  toggleTable(): void {
    this.store.isTableOpen.value = !this.store.isTableOpen.value;
  }

  /** Lists all aircraft that send an emergency code. */
  listEmergencies(): void {
    this.setFilter("squawk", "emergency");
    this.store.isTableOpen.value = true;
  }

  /** Lists these aircraft only. */
  listAircraft(addresses: readonly string[]): void {
    this.setFilter("icao24", addresses.join());
    this.store.isTableOpen.value = true;
  }

  /** Closes the open panel; if there is none, ends the selection, or closes the airport below it. */
  dismiss(): void {
    const { side, selected, airport } = this.store;
    if (side.value !== null) {
      side.value = null;
    } else if (selected.value !== null) {
      this.select(null);
    } else {
      airport.value = null;
    }
  }

  /** Opens an airport's panel, in the place of a selected aircraft. */
  openAirport(code: string): void {
    batch(() => {
      this.select(null);
      this.store.airport.value = code;
    });
  }

  /** Makes the next request of a replay continue at the time that the replay has reached. */
  private keepReplayPosition(): void {
    this.store.playback.value = this.feed.playback ?? this.store.playback.value;
  }
}
