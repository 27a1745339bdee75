/** Keeps a fleet by the events of `format=row`, which filtered and past views have. */

import { type Fleet, isMeasure, isText, type Measure, type Text } from "./fleet.ts";

type Cell = string | number | boolean | null;

interface Told {
  fields?: string[];
  states?: Cell[][];
  icao24?: string[];
}

/** Feed it every event of one stream in order, also after a reconnection with the last id. */
export class RowReader {
  /** Where the rows have what, as the snapshot has said. */
  private address = 0;
  private measures: [measure: Measure, index: number][] = [];
  private texts: [text: Text, index: number][] = [];
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  feed(event: string, data: unknown): void {
    const told = data as Told;
    if (event === "snapshot") {
      this.fleet.clear();
      this.learn(told.fields ?? []);
    }
    if (event === "snapshot" || event === "update") {
      this.take(told.states ?? []);
    } else if (event === "remove") {
      for (const icao24 of told.icao24 ?? []) {
        this.fleet.remove(icao24);
      }
    }
  }

  private learn(fields: readonly string[]): void {
    this.address = fields.indexOf("icao24");
    this.measures = [];
    this.texts = [];
    fields.forEach((field, index) => {
      if (isMeasure(field)) {
        this.measures.push([field, index]);
      } else if (isText(field)) {
        this.texts.push([field, index]);
      }
    });
  }

  /** Field by field: where each goes is looked up once, not for every aircraft. */
  private take(rows: readonly Cell[][]): void {
    const { fleet, address } = this;
    const slots = rows.map((row) => fleet.admit(String(row[address])));
    for (const [measure, index] of this.measures) {
      const column = fleet.column(measure);
      rows.forEach((row, number) => {
        const cell = row[index] ?? null;
        column[slots[number] as number] = cell === null ? Number.NaN : Number(cell);
      });
    }
    for (const [text, index] of this.texts) {
      rows.forEach((row, number) => {
        fleet.setText(text, slots[number] as number, (row[index] ?? null) as string | null);
      });
    }
  }
}
