/** The tracks of several aircraft: of the rest of the selection, and on demand of all in view. */

import { batch, signal } from "@preact/signals-core";
import { fetchTracks, isAbort, MAX_TRACKS } from "../history/history-client.ts";
import { HistoryError } from "../history/history-error.ts";
import { Track } from "../history/track.ts";
import { pointOfSlot } from "./fleet-point.ts";
import type { Store } from "./store.ts";
import { watch } from "./watch.ts";

/** Tracks of aircraft in view; more would be neither legible nor polite to the server. */
export const MAX_IN_VIEW = 200;
/** Points of a track of the selection, and of one of many in view. */
const POINTS = { others: 400, inView: 120 } as const;
const NOT_FOUND = 404;

export class GroupTracks {
  /** By icao24. A track grows; the map itself is replaced when tracks come or go. */
  readonly tracks = signal<ReadonlyMap<string, Track>>(new Map());
  /** Counts the changes of what the tracks contain. */
  readonly revision = signal(0);
  /** The aircraft in view whose tracks were requested. */
  readonly inView = signal<readonly string[]>([]);
  /** What is being loaded, or why nothing is shown; empty if all is. */
  readonly notice = signal("");
  private abort = new AbortController();
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
    watch(
      () => [store.others.value, this.inView.value] as const,
      () => void this.load(),
    );
    watch(
      () => store.playback.value,
      () => this.onSeek(),
    );
    watch(
      () => store.fleetRevision.value,
      () => this.extend(),
    );
  }

  /** Shows the tracks of these aircraft too, at most MAX_IN_VIEW of them; none hides them. */
  showInView(icao24s: readonly string[]): void {
    this.inView.value = icao24s.slice(0, MAX_IN_VIEW);
  }

  /** At another time the aircraft may have been on other flights. */
  private onSeek(): void {
    if (this.tracks.peek().size > 0) {
      this.tracks.value = new Map();
      void this.load();
    }
  }

  /** Drops the tracks that are no longer wanted and requests those that are missing, one request at a time. */
  private async load(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const others = this.store.others.peek();
    const wanted = new Set([...others, ...this.inView.peek()]);
    const kept = [...this.tracks.peek()].filter(([icao24]) => wanted.has(icao24));
    const known = new Map(kept);
    batch(() => {
      this.tracks.value = known;
      this.notice.value = "";
    });
    const missing = [...wanted].filter((icao24) => !known.has(icao24));
    const own = new Set(others);
    const requests = [
      ...requestsOf(
        missing.filter((icao24) => own.has(icao24)),
        POINTS.others,
      ),
      ...requestsOf(
        missing.filter((icao24) => !own.has(icao24)),
        POINTS.inView,
      ),
    ];
    try {
      for (const [index, request] of requests.entries()) {
        this.notice.value = `Loading tracks … ${index + 1} of ${requests.length}`;
        this.add(await this.fetch(request, signal), signal);
      }
      this.notice.value = "";
    } catch (error) {
      if (!isAbort(error)) {
        this.notice.value = (error as Error).message;
      }
    }
  }

  private async fetch({ icao24s, maxPoints }: Request, signal: AbortSignal): Promise<Track[]> {
    const time = this.store.playback.peek()?.time;
    try {
      const found = await fetchTracks(icao24s, { time, maxPoints }, signal);
      return icao24s.map((icao24) => found.get(icao24) ?? new Track(icao24));
    } catch (error) {
      if (error instanceof HistoryError && error.status === NOT_FOUND) {
        // This server stores nothing: the tracks consist of what the stream sends from now on.
        return icao24s.map((icao24) => new Track(icao24));
      }
      throw error;
    }
  }

  private add(found: readonly Track[], signal: AbortSignal): void {
    signal.throwIfAborted();
    const added = found.map((track) => [track.icao24, track] as const);
    batch(() => {
      this.tracks.value = new Map([...this.tracks.peek(), ...added]);
      this.extend();
    });
  }

  /** Appends the newest state vectors of the stream to the tracks, while it is live. */
  private extend(): void {
    const { fleet, isLive } = this.store;
    if (!isLive.peek()) {
      return;
    }
    let isLonger = false;
    for (const [icao24, track] of this.tracks.peek()) {
      const slot = fleet.slotOf(icao24);
      if (slot !== undefined && track.append(pointOfSlot(fleet, slot))) {
        isLonger = true;
      }
    }
    if (isLonger) {
      this.revision.value += 1;
    }
  }
}

interface Request {
  icao24s: readonly string[];
  maxPoints: number;
}

function requestsOf(icao24s: readonly string[], maxPoints: number): Request[] {
  const requests: Request[] = [];
  for (let first = 0; first < icao24s.length; first += MAX_TRACKS) {
    requests.push({ icao24s: icao24s.slice(first, first + MAX_TRACKS), maxPoints });
  }
  return requests;
}
