/** The settings that stay in the browser between visits; the address of a page wins over them. */

import { type LabelField, labelFieldsIn } from "../core/label-fields.ts";
import { fieldsOf, keep, readKept } from "../core/local-storage.ts";
import { isThemeChoice, type ThemeChoice } from "../core/theme.ts";
import { isSystem, type System } from "../core/units.ts";

export interface Settings {
  units: System;
  theme: ThemeChoice;
  isGliding: boolean;
  /** What the labels of all aircraft show; nothing hides them. */
  labels: readonly LabelField[];
  /** The distance between the rings around home, in the user's unit of distance; 0 is no rings. */
  rings: number;
  /** The fields of the table's columns; null is the default. */
  columns: readonly string[] | null;
}

/** A longer list is none of the page's. */
const MAX_COLUMNS = 40;

/** The distances that the user can choose. */
export const RING_DISTANCES: readonly number[] = [0, 5, 10, 25, 50, 100, 200];

export const DEFAULT_SETTINGS: Settings = {
  units: "metric",
  theme: "system",
  isGliding: true,
  labels: [],
  rings: 50,
  columns: null,
};

const NAME = "flight-monitor-settings";

/** Returns the settings that the browser keeps; a missing or invalid one has its default. */
export function readSettings(): Settings {
  const { units, theme, isGliding, labels, rings, columns } = fieldsOf(readKept(NAME));
  return {
    units: isSystem(units) ? units : DEFAULT_SETTINGS.units,
    theme: isThemeChoice(theme) ? theme : DEFAULT_SETTINGS.theme,
    isGliding: typeof isGliding === "boolean" ? isGliding : DEFAULT_SETTINGS.isGliding,
    labels: labelFieldsIn(labels),
    rings: RING_DISTANCES.find((distance) => distance === rings) ?? DEFAULT_SETTINGS.rings,
    columns: readColumns(columns),
  };
}

/** Returns the names of columns in a list; null if it is none. The table ignores unknown names. */
export function readColumns(names: unknown): readonly string[] | null {
  const isList = Array.isArray(names) && names.length > 0 && names.length <= MAX_COLUMNS;
  return isList && names.every(isColumnName) ? names : null;
}

function isColumnName(name: unknown): boolean {
  return typeof name === "string" && /^[a-z0-9_]{1,32}$/.test(name);
}

export function writeSettings(settings: Settings): void {
  keep(NAME, settings);
}
