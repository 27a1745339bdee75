/** Keeps a fleet by the events of `format=delta`; the decoding is the documented decoder's. */

import { DeltaDecoder } from "../../../docs/decoders/delta.ts";
import { type Fleet, isMeasure, isText } from "./fleet.ts";

interface Told {
  /** Ascending slots as steps from one to the next, the first from 0. */
  slots?: number[];
  icao24?: string[];
  texts?: Record<string, Record<string, string | null>>;
}

/** Feed it every event of one stream in order, also after a reconnection with the last id. */
export class DeltaReader {
  private readonly decoder = new DeltaDecoder();
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Takes an event's name and its data; costs a pass over the slots that it tells of. */
  feed(event: string, data: unknown): void {
    this.decoder.feed(event, data);
    const told = data as Told;
    if (event === "remove") {
      for (const icao24 of told.icao24 ?? []) {
        this.fleet.remove(icao24);
      }
    } else if (event === "snapshot" || event === "update") {
      if (event === "snapshot") {
        this.fleet.clear();
      }
      this.place(told.texts?.icao24 ?? {});
      this.write(told.texts ?? {});
      for (const name of this.decoder.columns.keys()) {
        this.convert(name, told.slots ?? []);
      }
    }
  }

  private place(addresses: Record<string, string | null>): void {
    for (const [slot, icao24] of Object.entries(addresses)) {
      if (icao24 !== null) {
        this.fleet.occupy(icao24, Number(slot));
      }
    }
  }

  private write(texts: Record<string, Record<string, string | null>>): void {
    for (const [name, changed] of Object.entries(texts)) {
      if (isText(name)) {
        for (const slot of Object.keys(changed)) {
          this.fleet.setText(name, Number(slot), changed[slot] ?? null);
        }
      }
    }
  }

  /**
   * Turns a column's whole steps into OpenSky's unit. Also one that the event does not name: it may
   * be told of an aircraft in a slot that was free.
   */
  private convert(name: string, gaps: readonly number[]): void {
    const steps = this.decoder.columns.get(name);
    if (steps === undefined || !isMeasure(name)) {
      return;
    }
    const column = this.fleet.column(name);
    const perUnit = this.decoder.perUnit.get(name) ?? 1;
    const missing = this.decoder.null;
    let slot = 0;
    for (const gap of gaps) {
      slot += gap;
      const step = steps[slot] as number;
      column[slot] = step === missing ? Number.NaN : step / perUnit;
    }
  }
}
