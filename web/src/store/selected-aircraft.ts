/** The selected aircraft: its track, from the history and then from the stream, and two more fields. */

import { batch, signal } from "@preact/signals-core";
import { request } from "../core/access.ts";
import { fetchFlights, fetchTrack, isAbort } from "../history/history-client.ts";
import { HistoryError } from "../history/history-error.ts";
import { SILENCE_S } from "../history/plausible-parts.ts";
import type { Flight } from "../history/responses.ts";
import { Track } from "../history/track.ts";
import { pointOfSlot } from "./fleet-point.ts";
import type { Selected, Store } from "./store.ts";
import { watch } from "./watch.ts";

/** The points of a track: enough for every turn of a long flight. */
const MAX_POINTS = 3_000;
/** Seconds by which a flight may be longer than its track, because it goes on or data are missing. */
const MARGIN_S = 300;
const NOT_FOUND = 404;

/** The fields that `format=delta` leaves out. */
export interface ExtraFields {
  geo_altitude: number | null;
  position_source: number | null;
}

/** A past flight whose track was requested; the track is null if the request failed. */
export interface LoadedFlight {
  flight: Flight;
  track: Track | null;
}

export class SelectedAircraft {
  readonly track = signal<Track | null>(null);
  /** Counts the state vectors that were appended to tracks. */
  readonly trackRevision = signal(0);
  /** Why there is no track to show; empty if there is one. */
  readonly notice = signal("");
  readonly extra = signal<ExtraFields | null>(null);
  readonly loadedFlight = signal<LoadedFlight | null>(null);
  /** The time of the flight that the user points at in its profile, in Unix seconds; null is none. */
  readonly pointedTime = signal<number | null>(null);
  /** The selection whose track is loaded, or was. */
  private loading: Selected | null = null;
  private abort = new AbortController();
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
    watch(
      () => [store.selected.value, store.playback.value] as const,
      ([selected]) => (selected === this.loading ? this.onSeek() : this.onSelect(selected)),
    );
    watch(
      () => [store.fleetRevision.value, this.track.value],
      () => this.extendTrack(),
    );
  }

  /** The slot of the aircraft; null if the fleet does not contain it. */
  get slot(): number | null {
    const icao24 = this.store.icao24.value;
    return icao24 === null ? null : (this.store.fleet.slotOf(icao24) ?? null);
  }

  /**
   * Returns the index in the track of the position that the map shows; -1 if there is none.
   *
   * @param now Unix seconds of what is shown.
   */
  newestPosition(now: number): number {
    const track = this.track.value;
    const index = track?.positionBefore(now) ?? -1;
    return now - (track?.times[index] ?? Number.NaN) <= SILENCE_S ? index : -1;
  }

  private onSelect(selected: Selected | null): void {
    this.loading = selected;
    batch(() => {
      this.track.value = null;
      this.extra.value = null;
      this.notice.value = "";
    });
    void this.load();
  }

  /** At another time the aircraft may have been on another flight, unless the track covers that time. */
  private onSeek(): void {
    const [track, playback] = [this.track.value, this.store.playback.value];
    const isCovered =
      track !== null &&
      playback !== null &&
      playback.time >= track.first - MARGIN_S &&
      playback.time <= track.last + MARGIN_S;
    if (this.loading?.flight === null && !isCovered) {
      void this.load();
    }
  }

  /** Appends the newest state vector of the stream to the track of an aircraft that is shown live. */
  private extendTrack(): void {
    const { slot, store } = this;
    const track = this.track.value;
    const isCurrent = store.isLive.value && store.selected.value?.flight === null;
    if (slot === null || track === null || !isCurrent) {
      return;
    }
    if (track.append(pointOfSlot(store.fleet, slot))) {
      this.trackRevision.value += 1;
    }
  }

  /** Loads the track and the extra fields; a later call replaces an earlier one. */
  private async load(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const selected = this.loading;
    if (selected === null) {
      return;
    }
    this.notice.value = "Loading the track …";
    const [found, extra] = await Promise.all([
      this.loadTrack(selected.icao24, selected.flight, signal),
      this.store.isLive.value ? fetchExtraFields(selected.icao24) : null,
    ]);
    if (signal.aborted) {
      return;
    }
    const track = typeof found === "string" ? null : found;
    batch(() => {
      this.track.value = track;
      this.notice.value = typeof found === "string" ? found : "";
      this.extra.value = extra;
      this.loadedFlight.value = selected.flight && { flight: selected.flight, track };
    });
  }

  /** Returns the track, or a sentence for the user if the history API fails. */
  private async loadTrack(
    icao24: string,
    chosen: Flight | null,
    signal: AbortSignal,
  ): Promise<Track | string> {
    try {
      const flight = chosen ?? (await this.flightAtTimeShown(icao24, signal));
      const range = flight === null ? {} : { from: flight.first_seen, to: flight.last_seen };
      return await fetchTrack(icao24, { ...range, maxPoints: MAX_POINTS }, signal);
    } catch (error) {
      if (isAbort(error) || (error instanceof HistoryError && error.status === NOT_FOUND)) {
        // Nothing is stored yet: the track consists of what the stream sends from now on.
        return new Track(icao24);
      }
      return (error as Error).message;
    }
  }

  /** Finds the flight that an aircraft was on at the time shown; null, which is live, is the newest. */
  private async flightAtTimeShown(icao24: string, signal: AbortSignal): Promise<Flight | null> {
    const playback = this.store.playback.value;
    if (playback === null) {
      return null;
    }
    const query = { icao24, from: playback.time, to: playback.time, limit: 1 };
    return (await fetchFlights(query, signal)).flights[0] ?? null;
  }
}

/** Fetches the fields that `format=delta` leaves out; null if the server does not answer. */
async function fetchExtraFields(icao24: string): Promise<ExtraFields | null> {
  const fields = "geo_altitude,position_source";
  try {
    const response = await request(`api/flights?${new URLSearchParams({ icao24, fields })}`);
    const { states } = (await response.json()) as { states?: ExtraFields[] };
    return states?.[0] ?? null;
  } catch {
    return null;
  }
}
