/** The dark and light theme: the map's colours, and which of the two is in force. */

export type ThemeName = "dark" | "light";
/** What the user has chosen; "system" follows the operating system. */
export type ThemeChoice = ThemeName | "system";

export interface MapTheme {
  sea: string;
  land: string;
  coast: string;
  border: string;
  state: string;
  river: string;
  country: string;
  city: string;
  halo: string;
}

export const MAP_THEMES: Record<ThemeName, MapTheme> = {
  dark: {
    sea: "#0b1220",
    land: "#162033",
    coast: "#2e405e",
    border: "#33435f",
    state: "#223049",
    river: "#101a2c",
    country: "#7f90ad",
    city: "#a3b2cb",
    halo: "#0e1728",
  },
  light: {
    sea: "#cfdde9",
    land: "#f4f2ec",
    coast: "#9fb4c6",
    border: "#b9b3a6",
    state: "#dedacf",
    river: "#cfdde9",
    country: "#77705f",
    city: "#57534a",
    halo: "#faf9f5",
  },
};

function systemTheme(): MediaQueryList {
  return matchMedia("(prefers-color-scheme: dark)");
}

/** Returns the theme in force for a choice. */
export function themeOf(choice: ThemeChoice): ThemeName {
  if (choice !== "system") {
    return choice;
  }
  return systemTheme().matches ? "dark" : "light";
}

/** Returns the theme that the page shows now. */
export function currentTheme(): ThemeName {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

/** Calls a function whenever the operating system changes its theme. */
export function onSystemTheme(listener: () => void): void {
  systemTheme().addEventListener("change", listener);
}
