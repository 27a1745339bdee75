/** Decodes the stream's `format=delta` into typed arrays, one value per field and slot. */

export type Value = string | number | boolean | null;
/** One aircraft with OpenSky's names and units; null is "not received". */
export type Fields = Record<string, Value>;

/** The part that `snapshot` and `update` have in common. */
interface Update {
  /** The changed slots in ascending order: the first as it is, each other as the step from the one before. */
  slots: number[];
  /** By field: for each of these slots, the difference between its new value and its old one. */
  columns: Record<string, number[]>;
  /** By field and slot: the texts that changed; null if the text is missing from now on. */
  texts: Record<string, Record<string, string | null>>;
}

interface Snapshot extends Update {
  null: number;
  units: Record<string, number>;
}

interface Remove {
  icao24: string[];
}

/** Unix seconds exceed 32 bits in 2038; every other sum fits, the one for null included. */
const TIMES: ReadonlySet<string> = new Set(["time_position", "last_contact"]);

/** Arrays grow by a quarter more than is needed, so that they grow seldom. */
const GROWTH = 1.25;

export type Column = Int32Array | Float64Array;

/**
 * Feed it every event of one stream in order; events that change no aircraft are ignored.
 * After a reconnection with the last event id, continue with the same decoder.
 */
export class DeltaDecoder {
  /** By field: whole numbers by slot, as many per unit as `perUnit` says; longer than needed. */
  readonly columns = new Map<string, Column>();
  /** By field: how many of a column's steps make one of OpenSky's units. */
  readonly perUnit = new Map<string, number>();
  /** By field: texts by slot; a slot without a text has no entry. */
  readonly texts = new Map<string, Map<number, string>>();
  /** By icao24: the slot of the aircraft. All other slots are free. */
  readonly slots = new Map<string, number>();
  /** The number that stands for "not received" in a column. */
  null = 0;
  private capacity = 0;

  /** Applies one event: its name, and its data parsed from JSON. */
  feed(event: string, data: unknown): void {
    if (event === "snapshot") {
      this.reset(data as Snapshot);
      this.update(data as Snapshot);
    } else if (event === "update") {
      this.update(data as Update);
    } else if (event === "remove") {
      for (const icao24 of (data as Remove).icao24) {
        this.free(icao24);
      }
    }
  }

  /** Yields every aircraft with OpenSky's names and units; null is "not received". */
  *aircraft(): Generator<Fields> {
    for (const slot of this.slots.values()) {
      yield this.aircraftAt(slot);
    }
  }

  /** Returns the aircraft of a slot that is in use. */
  aircraftAt(slot: number): Fields {
    const aircraft: Fields = {};
    for (const [name, texts] of this.texts) {
      aircraft[name] = texts.get(slot) ?? null;
    }
    for (const name of this.columns.keys()) {
      aircraft[name] = this.value(name, slot);
    }
    return aircraft;
  }

  /** Returns one field of one slot in OpenSky's unit; null is "not received". */
  value(name: string, slot: number): Value {
    const value = this.columns.get(name)?.[slot] ?? this.null;
    if (value === this.null) {
      return null;
    }
    return name === "on_ground" ? value === 1 : value / (this.perUnit.get(name) ?? 1);
  }

  /** Forgets all aircraft, and creates the columns and texts that the snapshot names. */
  private reset(data: Snapshot): void {
    for (const map of [this.columns, this.perUnit, this.texts, this.slots]) {
      map.clear();
    }
    this.null = data.null;
    this.capacity = 0;
    for (const [name, unit] of Object.entries(data.units)) {
      this.columns.set(name, TIMES.has(name) ? new Float64Array(0) : new Int32Array(0));
      // 85695 / 10000 is 8.5695 exactly; 85695 * 0.0001 is not.
      this.perUnit.set(name, Math.round(1 / unit));
    }
    for (const name of Object.keys(data.texts)) {
      this.texts.set(name, new Map());
    }
  }

  private update(data: Update): void {
    const slots = new Int32Array(data.slots.length);
    let slot = 0;
    data.slots.forEach((step, index) => {
      slot += step;
      slots[index] = slot;
    });
    this.reserve(slot + 1);
    for (const [name, differences] of Object.entries(data.columns)) {
      const column = this.columns.get(name);
      if (column === undefined) {
        throw new Error(`no snapshot has named the column ${name}`);
      }
      // A difference from or to null may exceed 32 bits; the sum never does.
      differences.forEach((difference, index) => {
        const changed = slots[index] as number;
        column[changed] = (column[changed] as number) + difference;
      });
    }
    for (const [name, changed] of Object.entries(data.texts)) {
      this.updateTexts(name, changed);
    }
  }

  private updateTexts(name: string, changed: Record<string, string | null>): void {
    const texts = this.texts.get(name);
    if (texts === undefined) {
      throw new Error(`no snapshot has named the text ${name}`);
    }
    for (const [slot, text] of Object.entries(changed)) {
      if (text === null) {
        texts.delete(Number(slot));
      } else {
        texts.set(Number(slot), text);
      }
      if (name === "icao24" && text !== null) {
        this.slots.set(text, Number(slot));
      }
    }
  }

  /** Makes every column at least `size` long. */
  private reserve(size: number): void {
    if (size <= this.capacity) {
      return;
    }
    this.capacity = Math.ceil(size * GROWTH);
    for (const [name, column] of this.columns) {
      const isWhole = column instanceof Int32Array;
      const larger = isWhole ? new Int32Array(this.capacity) : new Float64Array(this.capacity);
      larger.set(column);
      this.columns.set(name, larger);
    }
  }

  /** Empties the slot of an aircraft, so that another one may take it; an unknown icao24 is ignored. */
  private free(icao24: string): void {
    const slot = this.slots.get(icao24);
    if (slot === undefined) {
      return;
    }
    this.slots.delete(icao24);
    for (const column of this.columns.values()) {
      column[slot] = 0;
    }
    for (const texts of this.texts.values()) {
      texts.delete(slot);
    }
  }
}
