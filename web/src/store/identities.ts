/** Which aircraft are in the fleet, as the server knows it: requested once for each, while something shows it. */

import { signal } from "@preact/signals-core";
import { request } from "../core/access.ts";
import { fetchSnapshot } from "../history/history-client.ts";
import type { Store } from "./store.ts";
import { watch } from "./watch.ts";

/** Null is "not known". */
export interface Identity {
  registration: string | null;
  /** The ICAO type designator, such as A320. */
  type: string | null;
  /** The operator's name. */
  operator: string | null;
  operator_icao: string | null;
  military: boolean | null;
}

const FIELDS = ["registration", "type", "operator", "operator_icao", "military"] as const;
/** Seconds of the page between two requests. */
const INTERVAL_S = 5;
/** The pause after a request that failed. */
const FAILURE_PAUSE_S = 60;
/** More aircraft are requested as the whole fleet, because an address has a bound. */
const MAX_LISTED = 500;
/** The server may learn of an aircraft later; one of which it knows nothing is requested this often. */
const MAX_ATTEMPTS = 3;
/** Identities that are kept; all are forgotten when there are more. */
const MAX_KNOWN = 60_000;

type Cell = string | boolean | null;

interface Answer {
  fields: readonly string[];
  states: readonly (readonly Cell[])[];
}

export class Identities {
  /** Counts the answers of the server. */
  readonly revision = signal(0);
  private readonly store: Store;
  private readonly known = new Map<string, Identity>();
  /** By icao24: how often an aircraft was requested without a result. */
  private readonly attempts = new Map<string, number>();
  /** The parts of the page that show identities now. */
  private readonly users = new Set<string>();
  private isLoading = false;
  private nextAt = 0;

  constructor(store: Store) {
    this.store = store;
    watch(
      () => [store.seconds.value, store.fleetRevision.value],
      () => this.refresh(),
    );
  }

  /** Returns what is known of an aircraft; undefined before it was requested. */
  of(icao24: string): Identity | undefined {
    return this.known.get(icao24);
  }

  /** Yields all that are known, by icao24. */
  all(): Iterable<[string, Identity]> {
    return this.known;
  }

  /** Notes whether a part of the page needs the identities; while none does, nothing is requested. */
  need(user: string, isNeeded: boolean): void {
    if (isNeeded) {
      this.users.add(user);
      this.refresh();
    } else {
      this.users.delete(user);
    }
  }

  private refresh(): void {
    const { seconds, now } = this.store;
    const isDue = seconds.value >= this.nextAt && !Number.isNaN(now.value);
    if (this.users.size === 0 || this.isLoading || !isDue) {
      return;
    }
    const missing = this.missing();
    if (missing.length > 0) {
      void this.load(missing);
    }
  }

  private missing(): string[] {
    const { fleet } = this.store;
    return fleet.icao24.filter((icao24): icao24 is string => {
      return icao24 !== null && !this.known.has(icao24) && this.attemptsOf(icao24) < MAX_ATTEMPTS;
    });
  }

  private async load(missing: readonly string[]): Promise<void> {
    this.isLoading = true;
    let pause = INTERVAL_S;
    try {
      this.apply(await this.fetch(missing));
      for (const icao24 of missing.filter((one) => !this.known.has(one))) {
        this.attempts.set(icao24, this.attemptsOf(icao24) + 1);
      }
      this.revision.value += 1;
    } catch {
      // Without an answer, as from an older server, the identities stay unknown.
      pause = FAILURE_PAUSE_S;
    } finally {
      this.isLoading = false;
      this.nextAt = this.store.seconds.value + pause;
    }
  }

  private async fetch(missing: readonly string[]): Promise<Answer> {
    const isListed = missing.length <= MAX_LISTED;
    const filters = new Map(isListed ? [["icao24", missing.join()]] : []);
    const { isLive, now } = this.store;
    if (!isLive.value) {
      return (await fetchSnapshot(Math.floor(now.value), filters, FIELDS)) as unknown as Answer;
    }
    const query = new URLSearchParams([...filters, ["format", "row"], ["fields", FIELDS.join()]]);
    const response = await request(`api/flights?${query}`);
    if (!response.ok) {
      throw new Error(`the server responded with ${response.status}`);
    }
    return (await response.json()) as Answer;
  }

  private apply({ fields, states }: Answer): void {
    if (this.known.size + states.length > MAX_KNOWN) {
      this.known.clear();
      this.attempts.clear();
    }
    for (const row of states) {
      const cell = (field: string) => row[fields.indexOf(field)] ?? null;
      const text = (field: string) => cell(field) as string | null;
      const identity: Identity = {
        registration: text("registration"),
        type: text("type"),
        operator: text("operator"),
        operator_icao: text("operator_icao"),
        military: cell("military") as boolean | null,
      };
      const isKnown = identity.registration ?? identity.type ?? identity.operator;
      if (isKnown !== null || identity.military === true) {
        this.known.set(String(cell("icao24")), identity);
      }
    }
  }

  private attemptsOf(icao24: string): number {
    return this.attempts.get(icao24) ?? 0;
  }
}
