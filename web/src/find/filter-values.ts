/** What stands in the fields of the filter form, and the stream's parameters that it means. */

import { CATEGORIES } from "../core/categories.ts";
import type { System } from "../core/units.ts";
import { parseArea } from "../map/area.ts";
import { FILTERS, type FilterName, type Filters } from "../stream/query.ts";
import { fieldUnit, type RangeQuantity, readNumber, toField, toStream } from "./unit-fields.ts";

/** Each field's text by the parameter that it sets; several values are joined by commas. */
export type FilterValues = Readonly<Record<FilterName, string>>;

export interface Written {
  filters: Filters;
  /** What is wrong with a field, in words. */
  errors: ReadonlyMap<FilterName, string>;
}

/** What `squawk` says for 7500, 7600 and 7700. */
export const EMERGENCY = "emergency";

/** As in docs/stream.md. */
const MAX_VALUES = 1_000;
const CALLSIGN_LENGTH = 8;

const RANGES: Partial<Record<FilterName, RangeQuantity>> = {
  min_altitude: "altitude",
  max_altitude: "altitude",
  min_velocity: "speed",
  max_velocity: "speed",
};

/** Gives what the fields show for a filter. */
export function readFilters(filters: Filters, system: System): FilterValues {
  const values = FILTERS.map((name) => [name, readFilter(name, filters.get(name), system)]);
  return Object.fromEntries(values) as FilterValues;
}

/**
 * Gives the filter that the fields mean.
 *
 * @param before What is in force: a field that cannot be used, or that shows it unchanged, leaves it so.
 */
export function writeFilters(values: FilterValues, system: System, before: Filters): Written {
  const filters = new Map<FilterName, string>();
  const errors = checkRanges(values);
  for (const name of FILTERS) {
    const text = values[name].trim();
    const known = before.get(name);
    const isUntouched = text === readFilter(name, known, system);
    const written = isUntouched ? (known ?? "") : writeFilter(name, text, system);
    if (typeof written !== "string") {
      errors.set(name, written.message);
    }
    const value = errors.has(name) ? (known ?? "") : String(written);
    if (value !== "") {
      filters.set(name, value);
    }
  }
  return { filters, errors };
}

/** Says whether both let the same aircraft pass, as far as their texts tell. */
export function isSameFilter(one: Filters, other: Filters): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value);
}

/** Splits at commas and spaces, each value once. */
export function splitValues(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((part) => part !== ""))];
}

/** Splits at commas only: names have spaces. */
export function splitNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

/** Gives the categories that a name stands for, and how the stream writes them. */
export function categoriesNamed(name: string): string {
  const numbers = CATEGORIES.flatMap((known, number) => (known === name ? [number] : []));
  return numbers.join();
}

/** Gives the names of categories, each once; a number without a name is left as it is. */
export function categoryNames(values: string): string[] {
  const names = splitValues(values).map((value) => CATEGORIES[Number(value)] ?? value);
  return [...new Set(names)];
}

function readFilter(name: FilterName, value: string | undefined, system: System): string {
  const quantity = RANGES[name];
  if (quantity !== undefined) {
    return toField(value, fieldUnit(quantity, system));
  }
  const isList = name === "callsign" || name === "icao24" || name === "squawk";
  return isList ? splitValues(value ?? "").join(", ") : (value ?? "").trim();
}

/** Gives the parameter's value, or what is wrong with the text. */
function writeFilter(name: FilterName, text: string, system: System): string | Error {
  const quantity = RANGES[name];
  if (text === "") {
    return "";
  }
  if (quantity !== undefined) {
    const number = readNumber(text);
    const unit = fieldUnit(quantity, system);
    return Number.isFinite(number)
      ? toStream(number, unit)
      : new Error(`“${text}” is not a number; write ${unit.symbol} as digits`);
  }
  const values = name === "country" ? splitNames(text) : splitValues(text);
  if (values.length > MAX_VALUES) {
    return new Error(`${values.length} values; ${MAX_VALUES} are allowed`);
  }
  const problem = CHECKS[name]?.(values, text) ?? null;
  const write = WRITERS[name];
  return problem === null
    ? values.map((value) => write?.(value) ?? value).join()
    : new Error(problem);
}

const WRITERS: Partial<Record<FilterName, (value: string) => string>> = {
  callsign: (value) => value.toUpperCase(),
  icao24: (value) => value.toLowerCase(),
  squawk: (value) => value.toLowerCase(),
};

/** Says what is wrong with a parameter's values; null is nothing. */
const CHECKS: Partial<
  Record<FilterName, (values: readonly string[], text: string) => string | null>
> = {
  callsign: (values) => {
    const wrong = values.find((value) => !/^[^*]*\*?$/.test(value) || tooLong(value));
    return wrong === undefined
      ? null
      : `“${wrong}” is not a callsign: up to ${CALLSIGN_LENGTH} characters, * at the end only`;
  },
  icao24: (values) => {
    const wrong = values.find((value) => !/^[0-9a-f]{6}$/i.test(value));
    return wrong === undefined ? null : `“${wrong}” is not six hexadecimal digits`;
  },
  squawk: (values) => {
    const wrong = values.find((value) => !/^([0-7]{4}|emergency)$/i.test(value));
    return wrong === undefined ? null : `“${wrong}” is not four digits from 0 to 7`;
  },
  bbox: (_, text) =>
    parseArea(text) === null ? `“${text}” is not west,south,east,north in degrees` : null,
};

function tooLong(callsign: string): boolean {
  return callsign.replace("*", "").length > CALLSIGN_LENGTH;
}

/** A range that nothing can be in is told of at both ends, and neither is taken. */
function checkRanges(values: FilterValues): Map<FilterName, string> {
  const errors = new Map<FilterName, string>();
  for (const [least, most] of [
    ["min_altitude", "max_altitude"],
    ["min_velocity", "max_velocity"],
  ] as const) {
    if (readNumber(values[least]) > readNumber(values[most])) {
      errors.set(least, "it must begin below where it ends");
      errors.set(most, "it must begin below where it ends");
    }
  }
  return errors;
}
