/** Altitudes and speeds as fields take them: plain numbers in the reader's units. */

import { type System, unitOf } from "../core/units.ts";

export type RangeQuantity = "altitude" | "speed";

export interface FieldUnit {
  symbol: string;
  /** So many of these make one of the stream's units: metres, m/s. */
  factor: number;
  /** What the slider spans, and in which steps. */
  greatest: number;
  step: number;
  /** Decimals of the stream's unit that keep what was typed to the digit. */
  streamDigits: number;
}

type Slider = Pick<FieldUnit, "greatest" | "step" | "streamDigits">;

const METRES: Slider = { greatest: 13_000, step: 100, streamDigits: 1 };
const FEET: Slider = { greatest: 43_000, step: 500, streamDigits: 1 };

const SLIDERS: Record<System, Record<RangeQuantity, Slider>> = {
  metric: { altitude: METRES, speed: { greatest: 1_200, step: 10, streamDigits: 2 } },
  nautical: { altitude: FEET, speed: { greatest: 650, step: 10, streamDigits: 2 } },
  imperial: { altitude: FEET, speed: { greatest: 750, step: 10, streamDigits: 2 } },
};

export function fieldUnit(quantity: RangeQuantity, system: System): FieldUnit {
  const { symbol, factor } = unitOf(quantity, system);
  return { symbol, factor, ...SLIDERS[system][quantity] };
}

/** Writes the stream's number for a field; nothing where there is none. */
export function toField(value: string | undefined, unit: FieldUnit): string {
  const number = value === undefined || value === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? String(Math.round(number * unit.factor)) : (value ?? "");
}

/** Reads a number that may have separators of thousands; NaN if it is none. */
export function readNumber(text: string): number {
  const digits = text.replace(/[\s,'’]/g, "");
  return digits === "" ? Number.NaN : Number(digits);
}

/** Gives a field's number as the stream takes it. */
export function toStream(number: number, unit: FieldUnit): string {
  return String(Number((number / unit.factor).toFixed(unit.streamDigits)));
}
