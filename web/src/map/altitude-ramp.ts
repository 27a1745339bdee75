/** The colours of altitudes: even steps of hue at constant lightness in OKLCH. */

import type { ThemeName } from "../core/theme.ts";

/** The altitude of the last colour, metres: few airliners fly higher. */
export const HIGHEST_M = 13_000;
const STEPS = 256;

/** Degrees, from orange near the ground over green to violet, as users of tar1090 know it. */
const FIRST_HUE = 45;
const LAST_HUE = 325;
const LIGHTNESS: Record<ThemeName, number> = { dark: 0.8, light: 0.56 };
const CHROMA: Record<ThemeName, number> = { dark: 0.135, light: 0.145 };

const TABLES: Partial<Record<ThemeName, Uint8Array>> = {};

export type Colour = readonly [red: number, green: number, blue: number];

export const GROUND_COLOUR: Record<ThemeName, Colour> = {
  dark: [128, 140, 160],
  light: [120, 122, 128],
};
export const UNKNOWN_COLOUR: Record<ThemeName, Colour> = {
  dark: [214, 220, 230],
  light: [70, 72, 78],
};
export const EMERGENCY_COLOUR: Record<ThemeName, Colour> = {
  dark: [255, 92, 92],
  light: [214, 20, 30],
};

/** Returns red, green and blue from 0 to 255 at a fraction of the ramp from 0 to 1. */
export function rampColour(fraction: number, theme: ThemeName): Colour {
  const hue = ((FIRST_HUE + (LAST_HUE - FIRST_HUE) * fraction) * Math.PI) / 180;
  return fromOklch(LIGHTNESS[theme], CHROMA[theme], hue);
}

/** Returns the colours of 256 even steps up to HIGHEST_M, three bytes each. */
export function rampTable(theme: ThemeName): Uint8Array {
  TABLES[theme] ??= makeTable(theme);
  return TABLES[theme];
}

function makeTable(theme: ThemeName): Uint8Array {
  const table = new Uint8Array(STEPS * 3);
  for (let step = 0; step < STEPS; step++) {
    table.set(rampColour(step / (STEPS - 1), theme), step * 3);
  }
  return table;
}

/** Returns the index in the table of the first byte for an altitude in metres. */
export function rampOffset(altitude: number): number {
  const fraction = Math.min(Math.max(altitude / HIGHEST_M, 0), 1);
  return Math.round(fraction * (STEPS - 1)) * 3;
}

/** Returns the colour of an aircraft; NaN is an altitude that was not received. */
export function altitudeColour(
  altitude: number,
  isOnGround: boolean,
  theme: ThemeName,
): Colour | Uint8Array {
  if (isOnGround) {
    return GROUND_COLOUR[theme];
  }
  if (Number.isNaN(altitude)) {
    return UNKNOWN_COLOUR[theme];
  }
  const offset = rampOffset(altitude);
  return rampTable(theme).subarray(offset, offset + 3);
}

/** Converts OKLCH to sRGB (Björn Ottosson, "A perceptual color space for image processing"). */
function fromOklch(lightness: number, chroma: number, hue: number): Colour {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toByte(linear: number): number {
  const encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(Math.min(Math.max(encoded, 0), 1) * 255);
}
