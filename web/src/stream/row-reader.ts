/** Keeps a fleet by the events of `format=row`, which filtered views have. */

import { type Fleet, isMeasure, isText } from "./fleet.ts";

type Cell = string | number | boolean | null;

interface Told {
  fields?: string[];
  states?: Cell[][];
  icao24?: string[];
}

/** Feed it every event of one stream in order, also after a reconnection with the last id. */
export class RowReader {
  private fields: string[] = [];
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  feed(event: string, data: unknown): void {
    const told = data as Told;
    if (event === "snapshot") {
      this.fleet.clear();
      this.fields = told.fields ?? [];
    }
    if (event === "snapshot" || event === "update") {
      for (const row of told.states ?? []) {
        this.take(row);
      }
    } else if (event === "remove") {
      for (const icao24 of told.icao24 ?? []) {
        this.fleet.remove(icao24);
      }
    }
  }

  private take(row: Cell[]): void {
    const slot = this.fleet.admit(String(row[this.fields.indexOf("icao24")]));
    this.fields.forEach((field, index) => {
      const cell = row[index] ?? null;
      if (isMeasure(field)) {
        this.fleet.setMeasure(field, slot, cell === null ? Number.NaN : Number(cell));
      } else if (isText(field)) {
        this.fleet.setText(field, slot, cell === null ? null : String(cell));
      }
    });
  }
}
