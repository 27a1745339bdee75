/** Applies the events of `format=delta` to the fleet, decoded by `DeltaDecoder`. */

import { DeltaDecoder } from "../../../clients/typescript/src/delta-decoder.ts";
import { type Fleet, isMeasure, isText } from "./fleet.ts";

/** The parts of an event's data that the reader itself uses. */
interface EventData {
  /** The changed slots in ascending order: the first as it is, each other as the step from the one before. */
  slots?: number[];
  icao24?: string[];
  texts?: Record<string, Record<string, string | null>>;
}

/** Give it every event of one stream in order, also after a reconnection with the last event id. */
export class DeltaReader {
  private readonly decoder = new DeltaDecoder();
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Applies an event to the fleet; the cost is one pass over the slots that it names. */
  apply(event: string, data: unknown): void {
    this.decoder.feed(event, data);
    const { slots = [], icao24 = [], texts = {} } = data as EventData;
    if (event === "remove") {
      for (const address of icao24) {
        this.fleet.remove(address);
      }
    } else if (event === "snapshot" || event === "update") {
      if (event === "snapshot") {
        this.fleet.clear();
      }
      this.occupySlots(texts.icao24 ?? {});
      this.writeTexts(texts);
      for (const name of this.decoder.columns.keys()) {
        this.writeColumn(name, slots);
      }
    }
  }

  private occupySlots(addresses: Record<string, string | null>): void {
    for (const [slot, icao24] of Object.entries(addresses)) {
      if (icao24 !== null) {
        this.fleet.occupy(icao24, Number(slot));
      }
    }
  }

  private writeTexts(texts: Record<string, Record<string, string | null>>): void {
    for (const [name, changed] of Object.entries(texts)) {
      if (isText(name)) {
        for (const slot of Object.keys(changed)) {
          this.fleet.setText(name, Number(slot), changed[slot] ?? null);
        }
      }
    }
  }

  /**
   * Writes a column's changed slots in OpenSky's unit. This includes columns that the event does not
   * name: an aircraft that enters a free slot has zeros there.
   */
  private writeColumn(name: string, slots: readonly number[]): void {
    const counts = this.decoder.columns.get(name);
    if (counts === undefined || !isMeasure(name)) {
      return;
    }
    const column = this.fleet.column(name);
    const perUnit = this.decoder.perUnit.get(name) ?? 1;
    const missing = this.decoder.null;
    let slot = 0;
    for (const step of slots) {
      slot += step;
      const count = counts[slot] as number;
      column[slot] = count === missing ? Number.NaN : count / perUnit;
    }
  }
}
