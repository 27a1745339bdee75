/** The settings that stay in the browser between visits; the address of a page wins over them. */

import { fieldsOf, keep, readKept } from "../core/local-storage.ts";
import { isThemeChoice, type ThemeChoice } from "../core/theme.ts";
import { isSystem, type System } from "../core/units.ts";

export interface Settings {
  units: System;
  theme: ThemeChoice;
  isGliding: boolean;
}

export const DEFAULT_SETTINGS: Settings = { units: "metric", theme: "system", isGliding: true };

const NAME = "flight-monitor-settings";

/** Returns the settings that the browser keeps; a missing or invalid one has its default. */
export function readSettings(): Settings {
  const { units, theme, isGliding } = fieldsOf(readKept(NAME));
  return {
    units: isSystem(units) ? units : DEFAULT_SETTINGS.units,
    theme: isThemeChoice(theme) ? theme : DEFAULT_SETTINGS.theme,
    isGliding: typeof isGliding === "boolean" ? isGliding : DEFAULT_SETTINGS.isGliding,
  };
}

export function writeSettings(settings: Settings): void {
  keep(NAME, settings);
}
