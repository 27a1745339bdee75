/** Converts between the texts in the filter form's fields and the parameters of the stream. */

import { CATEGORIES } from "../core/categories.ts";
import type { System } from "../core/units.ts";
import { parseArea } from "../map/area.ts";
import { FILTERS, type FilterName, type Filters } from "../stream/query.ts";
import {
  fieldUnit,
  parseNumber,
  type RangeQuantity,
  toFieldText,
  toStreamValue,
} from "./field-units.ts";

/** The text of each field by the parameter that it sets; several values are joined by commas. */
export type FilterValues = Readonly<Record<FilterName, string>>;

export interface ParsedFilters {
  filters: Filters;
  /** One sentence for each parameter whose text is invalid. */
  errors: ReadonlyMap<FilterName, string>;
}

/** The value of `squawk` that stands for 7500, 7600 and 7700. */
export const EMERGENCY_VALUE = "emergency";

/** The stream's own limits, see docs/stream.md. */
const MAX_VALUES = 1_000;
const MAX_CALLSIGN_LENGTH = 8;

/** Filters whose values may contain spaces. */
const NAMES: ReadonlySet<FilterName> = new Set(["country", "operator"]);
/** Filters whose values contain no spaces, and are shown with one between them. */
const LISTS: ReadonlySet<FilterName> = new Set([
  "callsign",
  "icao24",
  "squawk",
  "registration",
  "type",
]);

const RANGE_QUANTITIES: Partial<Record<FilterName, RangeQuantity>> = {
  min_altitude: "altitude",
  max_altitude: "altitude",
  min_velocity: "speed",
  max_velocity: "speed",
};

/** Returns what the fields show for these filters. */
export function toFieldValues(filters: Filters, system: System): FilterValues {
  const values = FILTERS.map((name) => [name, toFieldValue(name, filters.get(name), system)]);
  return Object.fromEntries(values) as FilterValues;
}

/**
 * Returns the filters that the fields describe.
 *
 * @param before The filters in force. A field that is invalid, or still shows its filter, keeps it
 *     unchanged: rounding for display must not change what the stream is asked for.
 */
export function parseFieldValues(
  values: FilterValues,
  system: System,
  before: Filters,
): ParsedFilters {
  const filters = new Map<FilterName, string>();
  const errors = checkRanges(values);
  for (const name of FILTERS) {
    const text = values[name].trim();
    const previous = before.get(name);
    const isUntouched = text === toFieldValue(name, previous, system);
    const parsed = isUntouched ? (previous ?? "") : parseFieldValue(name, text, system);
    if (typeof parsed !== "string") {
      errors.set(name, parsed.message);
    }
    const value = errors.has(name) ? (previous ?? "") : String(parsed);
    if (value !== "") {
      filters.set(name, value);
    }
  }
  return { filters, errors };
}

/** Returns whether both have the same parameters with the same texts, in any order. */
export function isSameFilter(one: Filters, other: Filters): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value);
}

/** Splits at commas and spaces, and removes duplicates. */
export function splitValues(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((part) => part !== ""))];
}

/** Splits at commas only, as names contain spaces, and removes duplicates. */
export function splitNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

/** Returns the numbers of the categories with this name, joined by commas; empty if unknown. */
export function categoriesNamed(name: string): string {
  const numbers = CATEGORIES.flatMap((known, number) => (known === name ? [number] : []));
  return numbers.join();
}

/** Returns the names of categories without duplicates; a number without a name stays a number. */
export function categoryNames(values: string): string[] {
  const names = splitValues(values).map((value) => CATEGORIES[Number(value)] ?? value);
  return [...new Set(names)];
}

function toFieldValue(name: FilterName, value: string | undefined, system: System): string {
  const quantity = RANGE_QUANTITIES[name];
  if (quantity !== undefined) {
    return toFieldText(value, fieldUnit(quantity, system));
  }
  return LISTS.has(name) ? splitValues(value ?? "").join(", ") : (value ?? "").trim();
}

/** Returns the parameter's value, or an error that says what is wrong with the text. */
function parseFieldValue(name: FilterName, text: string, system: System): string | Error {
  const quantity = RANGE_QUANTITIES[name];
  if (text === "") {
    return "";
  }
  if (quantity !== undefined) {
    const number = parseNumber(text);
    const unit = fieldUnit(quantity, system);
    return Number.isFinite(number)
      ? toStreamValue(number, unit)
      : new Error(`“${text}” is not a number. Enter digits only, in ${unit.symbol}.`);
  }
  const values = NAMES.has(name) ? splitNames(text) : splitValues(text);
  if (values.length > MAX_VALUES) {
    return new Error(`${values.length} values are too many. Enter at most ${MAX_VALUES}.`);
  }
  const problem = VALIDATORS[name]?.(values, text) ?? null;
  const normalize = NORMALIZERS[name];
  return problem === null
    ? values.map((value) => normalize?.(value) ?? value).join()
    : new Error(problem);
}

const NORMALIZERS: Partial<Record<FilterName, (value: string) => string>> = {
  callsign: (value) => value.toUpperCase(),
  icao24: (value) => value.toLowerCase(),
  squawk: (value) => value.toLowerCase(),
  registration: (value) => value.toUpperCase(),
  type: (value) => value.toUpperCase(),
};

/** Each returns what is wrong with the values of its parameter; null if they are valid. */
const VALIDATORS: Partial<
  Record<FilterName, (values: readonly string[], text: string) => string | null>
> = {
  callsign: (values) => {
    const wrong = values.find((value) => !/^[^*]*\*?$/.test(value) || isTooLong(value));
    return wrong === undefined
      ? null
      : `“${wrong}” is not a callsign. Enter up to ${MAX_CALLSIGN_LENGTH} characters; * may only be at the end.`;
  },
  icao24: (values) => {
    const wrong = values.find((value) => !/^[0-9a-f]{6}$/i.test(value));
    return wrong === undefined
      ? null
      : `“${wrong}” is not an icao24 address. Enter six digits of 0 to 9 and a to f, such as 4b1814.`;
  },
  squawk: (values) => {
    const wrong = values.find((value) => !/^([0-7]{4}|emergency)$/i.test(value));
    return wrong === undefined
      ? null
      : `“${wrong}” is not a squawk. Enter four digits from 0 to 7.`;
  },
  type: (values) => {
    const wrong = values.find((value) => !/^[a-z0-9]{2,4}$/i.test(value));
    return wrong === undefined
      ? null
      : `“${wrong}” is not a type. Enter its ICAO designator, such as A320.`;
  },
  bbox: (_, text) =>
    parseArea(text) === null
      ? `“${text}” is not an area. Enter its west, south, east and north in degrees, with commas.`
      : null,
};

function isTooLong(callsign: string): boolean {
  return callsign.replace("*", "").length > MAX_CALLSIGN_LENGTH;
}

/** Returns an error for both ends of a range whose lower end is above its upper end. */
function checkRanges(values: FilterValues): Map<FilterName, string> {
  const errors = new Map<FilterName, string>();
  for (const [min, max] of [
    ["min_altitude", "max_altitude"],
    ["min_velocity", "max_velocity"],
  ] as const) {
    if (parseNumber(values[min]) > parseNumber(values[max])) {
      const message = "The first number must not be greater than the second.";
      errors.set(min, message);
      errors.set(max, message);
    }
  }
  return errors;
}
