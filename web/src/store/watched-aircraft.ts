/** The aircraft that the user watches for: which are there now, which are new, and which were dismissed. */

import { batch, computed, signal } from "@preact/signals-core";
import type { Identities } from "./identities.ts";
import type { Store } from "./store.ts";
import { watch } from "./watch.ts";
import {
  findIdentified,
  isSameEntry,
  keepList,
  MAX_ENTRIES,
  needsIdentities,
  readKeptList,
  type WatchEntry,
  type WatchMatch,
  WatchMatcher,
} from "./watch-list.ts";

/** An aircraft that was away for longer counts as new when it comes back. */
const FORGET_S = 900;

export class WatchedAircraft {
  readonly entries = signal<readonly WatchEntry[]>([]);
  /** Whether the browser shows notifications too. */
  readonly isNotifying = signal(false);
  /** By icao24: what aircraft match by their registration or type, which the stream may not have. */
  readonly identified = computed(() => this.identify());
  /** All aircraft that match, by icao24. */
  readonly matches = signal<ReadonlyMap<string, WatchEntry>>(new Map());
  /** The matching aircraft that the user has not dismissed, the newest first. */
  readonly noticed = signal<readonly WatchMatch[]>([]);
  /** The aircraft that came together with the last one that came. */
  readonly arrived = signal<readonly WatchMatch[]>([]);
  private readonly store: Store;
  private readonly identities: Identities;
  private readonly matcher = computed(() => new WatchMatcher(this.entries.value));
  /** By icao24, in the order of arrival: the second of the page at which the aircraft matched last. */
  private readonly lastSeen = new Map<string, number>();
  private readonly dismissed = new Set<string>();
  /** Whether the browser keeps the list; if it allows no storage, only this page has it. */
  private isKept = true;

  constructor(store: Store, identities: Identities) {
    this.store = store;
    this.identities = identities;
    this.read();
    // Another tab has changed the list.
    addEventListener("storage", () => this.read());
    watch(
      () => needsIdentities(this.entries.value),
      (isNeeded) => identities.need("watch list", isNeeded),
    );
    watch(
      () => [store.fleetRevision.value, this.matcher.value, this.identified.value] as const,
      ([, matcher, identified]) => this.update(matcher.find(store.fleet, identified)),
    );
  }

  /** Adds an entry; returns why that is not possible, or null. */
  add(entry: WatchEntry): string | null {
    this.read();
    const entries = this.entries.value;
    if (entries.some((one) => isSameEntry(one, entry))) {
      return `${entry.kind} ${entry.pattern} is in the list already.`;
    }
    if (entries.length >= MAX_ENTRIES) {
      return `The list has ${MAX_ENTRIES} entries, which is the most. Remove one first.`;
    }
    this.change([...entries, entry], this.isNotifying.value);
    return null;
  }

  remove(entry: WatchEntry): void {
    this.read();
    const entries = this.entries.value.filter((one) => !isSameEntry(one, entry));
    this.change(entries, this.isNotifying.value);
  }

  setNotifying(isNotifying: boolean): void {
    this.change(this.entries.value, isNotifying);
  }

  /** Hides the aircraft that match now; one that comes back later is shown again. */
  dismiss(): void {
    for (const icao24 of this.matches.value.keys()) {
      this.dismissed.add(icao24);
    }
    this.noticed.value = [];
  }

  private identify(): ReadonlyMap<string, WatchEntry> {
    this.identities.revision.value; // reading subscribes to the identities
    return findIdentified(this.entries.value, this.identities.all());
  }

  private read(): void {
    if (!this.isKept) {
      return;
    }
    const { entries, isNotifying } = readKeptList();
    batch(() => {
      if (JSON.stringify(entries) !== JSON.stringify(this.entries.value)) {
        this.entries.value = entries;
      }
      this.isNotifying.value = isNotifying;
    });
  }

  private change(entries: readonly WatchEntry[], isNotifying: boolean): void {
    batch(() => {
      this.entries.value = entries;
      this.isNotifying.value = isNotifying;
    });
    this.isKept = keepList({ entries, isNotifying });
  }

  private update(matches: ReadonlyMap<string, WatchEntry>): void {
    const seconds = this.store.seconds.value;
    this.forget(seconds);
    const arrived: WatchMatch[] = [];
    for (const [icao24, entry] of matches) {
      if (!this.lastSeen.has(icao24)) {
        arrived.push({ icao24, entry });
      }
      this.lastSeen.set(icao24, seconds);
    }
    const order = [...this.lastSeen.keys()].reverse();
    const noticed = order.flatMap((icao24) => {
      const entry = this.dismissed.has(icao24) ? undefined : matches.get(icao24);
      return entry === undefined ? [] : [{ icao24, entry }];
    });
    batch(() => {
      this.matches.value = matches;
      if (arrived.length > 0) {
        this.arrived.value = arrived;
      }
      this.noticed.value = noticed;
    });
  }

  /** Forgets the aircraft that have been away for long. */
  private forget(seconds: number): void {
    for (const [icao24, seen] of this.lastSeen) {
      if (seconds - seen > FORGET_S) {
        this.lastSeen.delete(icao24);
        this.dismissed.delete(icao24);
      }
    }
  }
}
