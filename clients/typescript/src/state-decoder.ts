/** Turns the data of `snapshot` and `update` into aircraft, from any of the formats. */

import { DeltaDecoder } from "./delta-decoder.ts";
import type { Aircraft } from "./events.ts";
import type { Format } from "./query.ts";

/** Feed it every event of one stream in order, also after a reconnection with the last event id. */
export interface StateDecoder {
  /** Applies an event, and returns the aircraft that it contains; none of other events. */
  feed(event: string, data: unknown): Aircraft[];
}

export function stateDecoder(format: Format): StateDecoder {
  const Decoder = { object: ObjectDecoder, row: RowDecoder, delta: DeltaStates }[format];
  return new Decoder();
}

class ObjectDecoder implements StateDecoder {
  feed(_event: string, data: unknown): Aircraft[] {
    return (data as { states?: Aircraft[] }).states ?? [];
  }
}

class RowDecoder implements StateDecoder {
  private fields: readonly string[] = [];

  feed(_event: string, data: unknown): Aircraft[] {
    const { fields = this.fields, states = [] } = data as {
      fields?: string[];
      states?: unknown[][];
    };
    this.fields = fields;
    return states.map((row) => {
      const entries = fields.map((field, index) => [field, row[index]]);
      return Object.fromEntries(entries) as Aircraft;
    });
  }
}

class DeltaStates implements StateDecoder {
  private readonly decoder = new DeltaDecoder();

  feed(event: string, data: unknown): Aircraft[] {
    this.decoder.feed(event, data);
    const { slots = [] } = data as { slots?: number[] };
    let slot = 0;
    return slots.map((step) => {
      slot += step;
      return this.decoder.aircraftAt(slot) as unknown as Aircraft;
    });
  }
}
