/** The colours of the base map in the dark and the light theme. */

import type { ThemeName } from "../core/theme.ts";

export interface MapTheme {
  sea: string;
  land: string;
  coast: string;
  border: string;
  state: string;
  river: string;
  country: string;
  city: string;
  airport: string;
  runway: string;
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
    airport: "#7fa6e0",
    runway: "#7f90ad",
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
    airport: "#3f66a3",
    runway: "#77705f",
    halo: "#faf9f5",
  },
};
