/** The page's state as signals: what the user chose, what the server sent, and what follows from both. */

import { batch, computed, type Signal, signal } from "@preact/signals-core";
import type { Configuration } from "../core/configuration.ts";
import type { LabelField } from "../core/label-fields.ts";
import type { Playback } from "../core/playback.ts";
import { type ThemeChoice, themeOf } from "../core/theme.ts";
import type { System } from "../core/units.ts";
import type { Flight } from "../history/responses.ts";
import type { FeedState } from "../stream/feed.ts";
import { Fleet } from "../stream/fleet.ts";
import type { FilterName, Filters, SavedQuery, StreamQuery } from "../stream/query.ts";
import type { AddressState, Place, Side } from "./address.ts";
import { countFleet, isLate } from "./fleet-counts.ts";
import { type Home, isSameHome, keepHome, readKeptHome } from "./home.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";

export interface Selected {
  icao24: string;
  /** The past flight whose track is shown; null for the flight at the time shown. */
  flight: Flight | null;
}

/** The state of the stream, with a reason for the user; empty if there is none. */
export interface FeedStatus {
  state: FeedState;
  reason: string;
}

/**
 * Views read signals in effects, so each of them renders when what it shows has changed, and a setter
 * need not know the views. The fleet itself is no signal: `fleetRevision` changes once per event.
 */
export class Store {
  readonly fleet = new Fleet();
  /** Counts the events that changed the fleet. */
  readonly fleetRevision = signal(0);
  /** The time that the fleet shows in Unix seconds, as of the latest event or second. */
  readonly now = signal(Number.NaN);
  /** The time of the server in Unix seconds. */
  readonly newest = signal(Number.NaN);
  /** The oldest time that is stored, in Unix seconds. */
  readonly oldest = signal(0);
  /** Counts the seconds since the page was opened, less those in which a hidden page was suspended. */
  readonly seconds = signal(0);
  readonly status = signal<FeedStatus>({ state: "paused", reason: "" });
  /** Null until the server has sent it. */
  readonly configuration = signal<Configuration | null>(null);
  /** Whether the server's time is known as well as it can be; a replay waits for that. */
  readonly isServerTimeKnown = signal(false);
  readonly isSystemDark = signal(true);
  /** What is requested of live data while the connection is slow; null is everything. */
  readonly saving = signal<SavedQuery | null>(null);
  /** The settings that the browser keeps, which the address may differ from. */
  readonly kept: Signal<Settings>;

  readonly place: Signal<Place>;
  readonly selected: Signal<Selected | null>;
  readonly units: Signal<System>;
  readonly theme: Signal<ThemeChoice>;
  readonly isGliding: Signal<boolean>;
  /** What the labels of all aircraft show. */
  readonly labels: Signal<readonly LabelField[]>;
  readonly filters: Signal<Filters>;
  /** Null is live. */
  readonly playback: Signal<Playback | null>;
  /** The panel that is open beside the map. */
  readonly side: Signal<Side | null>;
  readonly isTableOpen: Signal<boolean>;
  /** The distance between the rings around home, in the user's unit of distance; 0 is no rings. */
  readonly rings: Signal<number>;
  /** The fields of the table's columns; null is the default. */
  readonly columns: Signal<readonly string[] | null>;
  /** Where distances are measured from; null if the user has set no home. */
  readonly home: Signal<Home | null>;
  /** The home that the browser keeps: another one than the address has named. */
  private readonly keptHome = signal(readKeptHome());

  /** The icao24 of the selected aircraft. */
  readonly icao24 = computed(() => this.selected.value?.icao24 ?? null);
  readonly themeName = computed(() => themeOf(this.theme.value, this.isSystemDark.value));
  readonly isLive = computed(() => this.playback.value === null);
  readonly counts = computed(() => {
    this.fleetRevision.value; // reading subscribes to the fleet
    return countFleet(this.fleet);
  });
  /** Whether live data are old or missing; in the past nothing is late. */
  readonly isLate = computed(() => this.isLive.value && isLate(this.counts.value, this.now.value));
  /** The request to the stream; null while a replay waits for the server's time. */
  readonly query = computed(() => this.toQuery());
  /** What the address holds besides the place, which changes continuously. */
  readonly addressState = computed(() => this.toAddressState());
  /** Counts the calls of `seek`: going to the same time again repeats the request. */
  private readonly seeks = signal(0);

  constructor(initial: AddressState, kept: Settings = DEFAULT_SETTINGS) {
    const { selected } = initial;
    this.kept = signal(kept);
    this.place = signal(initial.place);
    this.selected = signal(selected === null ? null : { icao24: selected, flight: null });
    this.units = signal(initial.units);
    this.theme = signal(initial.theme);
    this.isGliding = signal(initial.isGliding);
    this.labels = signal(initial.labels);
    this.filters = signal(initial.filters);
    this.playback = signal(initial.playback);
    this.side = signal(initial.side);
    this.isTableOpen = signal(initial.isTableOpen);
    this.rings = signal(kept.rings);
    this.columns = signal(initial.columns);
    this.home = signal(initial.home ?? this.keptHome.value);
  }

  /** Notes that an event has changed the fleet; times are Unix seconds. */
  applyEvent(now: number, newest: number): void {
    batch(() => {
      this.fleetRevision.value += 1;
      this.setTime(now, newest);
    });
  }

  /** Notes that a second has passed; times are Unix seconds. */
  tick(now: number, newest: number): void {
    batch(() => {
      this.seconds.value += 1;
      this.setTime(now, newest);
    });
  }

  setTime(now: number, newest: number): void {
    batch(() => {
      this.now.value = now;
      this.newest.value = newest;
    });
  }

  /** Goes to a time in the past, or to live data (null). */
  seek(playback: Playback | null): void {
    batch(() => {
      this.playback.value = playback;
      this.seeks.value += 1;
    });
  }

  /** Makes a place the user's home; null forgets it. */
  setHome(home: Home | null): void {
    keepHome(home);
    batch(() => {
      this.home.value = home;
      this.keptHome.value = home;
    });
  }

  /** Returns the filters with one of them set; null removes it. */
  withFilter(name: FilterName, value: string | null): Filters {
    const filters = new Map(this.filters.peek());
    if (value === null) {
      filters.delete(name);
    } else {
      filters.set(name, value);
    }
    return filters;
  }

  private toQuery(): StreamQuery | null {
    const [playback, filters] = [this.playback.value, this.filters.value];
    this.seeks.value; // reading subscribes to repeated requests
    if (playback !== null && playback.speed > 0 && !this.isServerTimeKnown.value) {
      return null;
    }
    const saving = playback === null ? this.saving.value : null;
    // Without filters every aircraft passes, and a selection needs no new request.
    const isNarrow = filters.size > 0 || (saving !== null && saving.bbox !== null);
    return { filters, playback, saving, pinned: isNarrow ? this.icao24.value : null };
  }

  private toAddressState(): Omit<AddressState, "place"> {
    return {
      selected: this.icao24.value,
      units: this.units.value,
      theme: this.theme.value,
      isGliding: this.isGliding.value,
      labels: this.labels.value,
      filters: this.filters.value,
      playback: this.playback.value,
      side: this.side.value,
      isTableOpen: this.isTableOpen.value,
      columns: this.columns.value,
      home: isSameHome(this.home.value, this.keptHome.value) ? null : this.home.value,
    };
  }
}
