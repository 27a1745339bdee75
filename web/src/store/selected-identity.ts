/** What the server knows of the selected aircraft. */

import { signal } from "@preact/signals-core";
import { request } from "../core/access.ts";
import type { Store } from "./store.ts";
import { watch } from "./watch.ts";

/** Null is "not known". */
export interface FullIdentity {
  registration: string | null;
  /** Whether the registration was computed from the address, and not found in a database. */
  registration_source: "database" | "computed" | null;
  /** The ICAO type designator, such as A320. */
  type: string | null;
  model: string | null;
  manufacturer: string | null;
  operator: string | null;
  operator_icao: string | null;
  operator_radio_name: string | null;
  serial_number: string | null;
  year_built: number | null;
  military: boolean | null;
  country: string | null;
}

export class SelectedIdentity {
  /** Null while there is none. */
  readonly identity = signal<FullIdentity | null>(null);
  private abort = new AbortController();

  constructor(store: Store) {
    watch(
      () => store.icao24.value,
      (icao24) => void this.load(icao24),
    );
  }

  private async load(icao24: string | null): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.identity.value = null;
    if (icao24 === null) {
      return;
    }
    try {
      const response = await request(`api/aircraft/${icao24}`, { signal });
      const { identity } = (await response.json()) as { identity?: FullIdentity };
      if (!signal.aborted) {
        this.identity.value = identity ?? null;
      }
    } catch {
      // Without an answer the details show what the stream has.
    }
  }
}
