/** Converts altitudes and speeds between the stream's units and the units of the form's fields. */

import { type System, unitOf } from "../core/units.ts";

export type RangeQuantity = "altitude" | "speed";

export interface FieldUnit {
  symbol: string;
  /** Field units per stream unit; the stream has metres and m/s. */
  factor: number;
  /** Upper end and step of the slider, in field units. */
  sliderMax: number;
  sliderStep: number;
  /** Decimals of the stream's value; enough to read back what was typed to the digit. */
  streamDecimals: number;
}

type Slider = Pick<FieldUnit, "sliderMax" | "sliderStep" | "streamDecimals">;

const METRES: Slider = { sliderMax: 13_000, sliderStep: 100, streamDecimals: 1 };
const FEET: Slider = { sliderMax: 43_000, sliderStep: 500, streamDecimals: 1 };

const SLIDERS: Record<System, Record<RangeQuantity, Slider>> = {
  metric: { altitude: METRES, speed: { sliderMax: 1_200, sliderStep: 10, streamDecimals: 2 } },
  nautical: { altitude: FEET, speed: { sliderMax: 650, sliderStep: 10, streamDecimals: 2 } },
  imperial: { altitude: FEET, speed: { sliderMax: 750, sliderStep: 10, streamDecimals: 2 } },
};

export function fieldUnit(quantity: RangeQuantity, system: System): FieldUnit {
  const { symbol, factor } = unitOf(quantity, system);
  return { symbol, factor, ...SLIDERS[system][quantity] };
}

/** Returns a stream value in field units; a missing one is empty, an invalid one unchanged. */
export function toFieldText(value: string | undefined, unit: FieldUnit): string {
  const number = value === undefined || value === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) ? String(Math.round(number * unit.factor)) : (value ?? "");
}

/** Parses a number with or without thousands separators; NaN if the text is not a number. */
export function parseNumber(text: string): number {
  const digits = text.replace(/[\s,'’]/g, "");
  return digits === "" ? Number.NaN : Number(digits);
}

/** Returns a field's number in stream units. */
export function toStreamValue(number: number, unit: FieldUnit): string {
  return String(Number((number / unit.factor).toFixed(unit.streamDecimals)));
}
