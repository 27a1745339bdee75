/** All aircraft of the stream, as columns of numbers and texts by slot. */

export const MEASURES = [
  "time_position",
  "last_contact",
  "longitude",
  "latitude",
  "baro_altitude",
  "geo_altitude",
  "velocity",
  "true_track",
  "vertical_rate",
  "on_ground",
  "category",
  "position_source",
] as const;
export const TEXTS = ["callsign", "origin_country", "squawk", "type"] as const;

export type Measure = (typeof MEASURES)[number];
export type Text = (typeof TEXTS)[number];

/** Columns grow by a quarter more than is needed, so that they grow seldom. */
const GROWTH = 1.25;

/** Whether the fleet keeps a field of the stream as a number. */
export function isMeasure(field: string): field is Measure {
  return (MEASURES as readonly string[]).includes(field);
}

/** Whether the fleet keeps a field of the stream as a text. */
export function isText(field: string): field is Text {
  return (TEXTS as readonly string[]).includes(field);
}

/**
 * Numbers have OpenSky's units, `on_ground` is 0 or 1, and NaN is "not received"; a text that was not
 * received is null. A column that grows is replaced: do not keep it.
 */
export class Fleet {
  /** The address by slot; null is a free slot. */
  readonly icao24: (string | null)[] = [];
  /** One more than the highest slot that was in use since the fleet was cleared. */
  end = 0;
  private readonly slots = new Map<string, number>();
  private readonly free = new Set<number>();
  private readonly measures = new Map<Measure, Float64Array>();
  private readonly textColumns = new Map<Text, (string | null)[]>();
  private capacity = 0;

  constructor() {
    for (const measure of MEASURES) {
      this.measures.set(measure, new Float64Array(0));
    }
    for (const text of TEXTS) {
      this.textColumns.set(text, []);
    }
  }

  get size(): number {
    return this.slots.size;
  }

  /** Returns a column, which is valid until the fleet grows; it may be longer than `end`. */
  column(measure: Measure): Float64Array {
    return this.measures.get(measure) as Float64Array;
  }

  /** Returns the texts by slot. */
  texts(text: Text): readonly (string | null)[] {
    return this.textColumns.get(text) as (string | null)[];
  }

  /** Returns one number; NaN if it was not received. */
  measure(measure: Measure, slot: number): number {
    return this.column(measure)[slot] ?? Number.NaN;
  }

  /** Returns one text; null if it was not received. */
  text(text: Text, slot: number): string | null {
    return this.textColumns.get(text)?.[slot] ?? null;
  }

  setMeasure(measure: Measure, slot: number, value: number): void {
    this.column(measure)[slot] = value;
  }

  setText(text: Text, slot: number, value: string | null): void {
    (this.textColumns.get(text) as (string | null)[])[slot] = value;
  }

  slotOf(icao24: string): number | undefined {
    return this.slots.get(icao24);
  }

  /** Yields the slots that are in use. */
  *held(): Generator<number> {
    yield* this.slots.values();
  }

  /** Puts an aircraft into a slot that the server has chosen. */
  occupy(icao24: string, slot: number): void {
    this.reserve(slot + 1);
    this.free.delete(slot);
    this.icao24[slot] = icao24;
    this.slots.set(icao24, slot);
    this.end = Math.max(this.end, slot + 1);
  }

  /** Returns the slot of an aircraft; a new aircraft gets a free one. */
  admit(icao24: string): number {
    const known = this.slots.get(icao24);
    if (known !== undefined) {
      return known;
    }
    const slot = this.free.values().next().value ?? this.end;
    this.occupy(icao24, slot);
    return slot;
  }

  /** Removes an aircraft; an unknown address is ignored. */
  remove(icao24: string): void {
    const slot = this.slots.get(icao24);
    if (slot === undefined) {
      return;
    }
    this.slots.delete(icao24);
    this.icao24[slot] = null;
    this.free.add(slot);
    for (const column of this.measures.values()) {
      column[slot] = Number.NaN;
    }
    for (const texts of this.textColumns.values()) {
      texts[slot] = null;
    }
  }

  clear(): void {
    this.slots.clear();
    this.free.clear();
    this.icao24.length = 0;
    this.end = 0;
    for (const column of this.measures.values()) {
      column.fill(Number.NaN);
    }
    for (const texts of this.textColumns.values()) {
      texts.length = 0;
    }
  }

  /** Makes the columns at least `size` long. */
  reserve(size: number): void {
    if (size <= this.capacity) {
      return;
    }
    this.capacity = Math.ceil(size * GROWTH);
    for (const [measure, column] of this.measures) {
      const larger = new Float64Array(this.capacity).fill(Number.NaN);
      larger.set(column);
      this.measures.set(measure, larger);
    }
  }
}
