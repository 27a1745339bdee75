/** Decodes the stream's `format=delta`: keeps the picture in typed arrays, by slot. */

export type Value = string | number | boolean | null;
export type Aircraft = Record<string, Value>;

/** What `snapshot` and `update` have in common. */
interface Update {
  /** Ascending slots as steps from one to the next, the first from 0. */
  slots: number[];
  /** By field: how the value of each of these slots differs from the one before. */
  columns: Record<string, number[]>;
  /** By field and slot: texts that changed. */
  texts: Record<string, Record<string, string | null>>;
}

interface Snapshot extends Update {
  null: number;
  units: Record<string, number>;
}

interface Remove {
  icao24: string[];
}

/** Times outgrow 32 bits in 2038; everything else fits, NULL and all. */
const TIMES: ReadonlySet<string> = new Set(["time_position", "last_contact"]);

export type Column = Int32Array | Float64Array;

const SPARE = 1.25;

/**
 * Feed it every event of one stream in order; it ignores those that do not concern the picture.
 * After a reconnection with the last id go on feeding the same decoder.
 */
export class DeltaDecoder {
  /** By field: whole numbers by slot, in the units of `perUnit`; as long as `capacity`. */
  readonly columns = new Map<string, Column>();
  /** By field: how many of a column's steps make one of OpenSky's units. */
  readonly perUnit = new Map<string, number>();
  /** By field: texts by slot. */
  readonly texts = new Map<string, Map<number, string>>();
  /** Who is where; slots that are not named here are free. */
  readonly slots = new Map<string, number>();
  /** In a column: not received. */
  null = 0;
  private capacity = 0;

  /** Takes an event's name and its data, parsed from JSON. */
  feed(event: string, data: unknown): void {
    switch (event) {
      case "snapshot":
        this.begin(data as Snapshot);
        this.update(data as Snapshot);
        break;
      case "update":
        this.update(data as Update);
        break;
      case "remove":
        for (const icao24 of (data as Remove).icao24) this.free(icao24);
        break;
      default: // says nothing of the picture
    }
  }

  /** Yields every aircraft under OpenSky's names and in its units; null is "not received". */
  *aircraft(): Generator<Aircraft> {
    for (const slot of this.slots.values()) {
      const aircraft: Aircraft = {};
      for (const [name, texts] of this.texts) aircraft[name] = texts.get(slot) ?? null;
      for (const name of this.columns.keys()) aircraft[name] = this.value(name, slot);
      yield aircraft;
    }
  }

  /** Returns one measure of one slot in OpenSky's unit. */
  value(name: string, slot: number): Value {
    const value = this.columns.get(name)?.[slot] ?? this.null;
    if (value === this.null) return null;
    return name === "on_ground" ? value === 1 : value / (this.perUnit.get(name) ?? 1);
  }

  /** Forgets everything, and learns which columns and texts there are. */
  private begin(data: Snapshot): void {
    for (const map of [this.columns, this.perUnit, this.texts, this.slots]) map.clear();
    this.null = data.null;
    this.capacity = 0;
    for (const [name, unit] of Object.entries(data.units)) {
      this.columns.set(name, TIMES.has(name) ? new Float64Array(0) : new Int32Array(0));
      // 85695 / 10000 is 8.5695, but 85695 * 0.0001 is not quite.
      this.perUnit.set(name, Math.round(1 / unit));
    }
    for (const name of Object.keys(data.texts)) this.texts.set(name, new Map());
  }

  private update(data: Update): void {
    const slots = new Int32Array(data.slots.length);
    let slot = 0;
    data.slots.forEach((gap, index) => {
      slots[index] = slot += gap;
    });
    this.grow(slot + 1);
    for (const [name, differences] of Object.entries(data.columns)) {
      const column = this.columns.get(name);
      if (column === undefined) throw new Error(`no snapshot has named the column ${name}`);
      // Differences from and to NULL may be wider than 32 bits, but never the sum.
      differences.forEach((difference, index) => {
        column[slots[index]!]! += difference;
      });
    }
    for (const [name, changed] of Object.entries(data.texts)) this.retext(name, changed);
  }

  private retext(name: string, changed: Record<string, string | null>): void {
    const texts = this.texts.get(name);
    if (texts === undefined) throw new Error(`no snapshot has named the text ${name}`);
    for (const [slot, text] of Object.entries(changed)) {
      if (text === null) texts.delete(Number(slot));
      else texts.set(Number(slot), text);
      if (name === "icao24" && text !== null) this.slots.set(text, Number(slot));
    }
  }

  /** Makes room, with some to spare. */
  private grow(size: number): void {
    if (size <= this.capacity) return;
    this.capacity = Math.ceil(size * SPARE);
    for (const [name, column] of this.columns) {
      const larger = column instanceof Int32Array
        ? new Int32Array(this.capacity)
        : new Float64Array(this.capacity);
      larger.set(column);
      this.columns.set(name, larger);
    }
  }

  /** Empties a slot for the next aircraft; addresses without a slot are ignored. */
  private free(icao24: string): void {
    const slot = this.slots.get(icao24);
    if (slot === undefined) return;
    this.slots.delete(icao24);
    for (const column of this.columns.values()) column[slot] = 0;
    for (const texts of this.texts.values()) texts.delete(slot);
  }
}
