/** What the user can do on the page, as changes of the store. */

import { batch } from "@preact/signals-core";
import type { Flight } from "./history/responses.ts";
import type { Side } from "./store/address.ts";
import type { Store } from "./store/store.ts";
import type { Feed } from "./stream/feed.ts";
import type { FilterName, Filters } from "./stream/query.ts";

/** The speed at which a past flight is replayed: an hour takes two minutes. */
const REPLAY_SPEED = 30;

export class Actions {
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

  /** Selects an aircraft, with a past flight if its track is to be shown; null selects none. */
  select(icao24: string | null, flight: Flight | null = null): void {
    const { store } = this;
    batch(() => {
      if (store.filters.value.size > 0) {
        // The new selection passes the filters, which takes a new request.
        this.keepReplayPosition();
      }
      store.selected.value = icao24 === null ? null : { icao24, flight };
    });
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

  /** Closes the open panel; if there is none, ends the selection. */
  dismiss(): void {
    if (this.store.side.value !== null) {
      this.store.side.value = null;
    } else {
      this.select(null);
    }
  }

  /** Makes the next request of a replay continue at the time that the replay has reached. */
  private keepReplayPosition(): void {
    this.store.playback.value = this.feed.playback ?? this.store.playback.value;
  }
}
