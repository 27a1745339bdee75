/** Applies the events of `format=row` to the fleet: those of filtered streams and of replays. */

import { type Fleet, isMeasure, isText, type Measure, type Text } from "./fleet.ts";

type Cell = string | number | boolean | null;

/** The data of a `snapshot`, an `update` or a `remove`. */
interface EventData {
  fields?: string[];
  states?: Cell[][];
  icao24?: string[];
}

/** Give it every event of one stream in order, also after a reconnection with the last event id. */
export class RowReader {
  /** The indices of the fields within a row, from the snapshot. */
  private addressIndex = 0;
  private measures: [measure: Measure, index: number][] = [];
  private texts: [text: Text, index: number][] = [];
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Applies an event to the fleet. */
  apply(event: string, data: unknown): void {
    const { fields = [], states = [], icao24 = [] } = data as EventData;
    if (event === "snapshot") {
      this.fleet.clear();
      this.setFields(fields);
    }
    if (event === "snapshot" || event === "update") {
      this.writeRows(states);
    } else if (event === "remove") {
      for (const address of icao24) {
        this.fleet.remove(address);
      }
    }
  }

  private setFields(fields: readonly string[]): void {
    this.addressIndex = fields.indexOf("icao24");
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

  /** Writes field by field, so that a column is looked up once and not for every aircraft. */
  private writeRows(rows: readonly Cell[][]): void {
    const { fleet, addressIndex } = this;
    const slots = rows.map((row) => fleet.admit(String(row[addressIndex])));
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
