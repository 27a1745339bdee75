/** The colours of the labels of all aircraft, which are those of the system if it forces them. */

import type { ThemeName } from "../core/theme.ts";
import { EMERGENCY_COLOUR } from "./altitude-ramp.ts";
import { MAP_THEMES } from "./theme.ts";

/** Red, green, blue and opacity from 0 to 1. */
export type ShaderColour = [number, number, number, number];

export interface LabelColours {
  text: ShaderColour;
  /** Around the characters. */
  halo: ShaderColour;
  emergency: ShaderColour;
}

const TEXT: Record<ThemeName, ShaderColour> = {
  dark: [0.93, 0.95, 0.98, 1],
  light: [0.1, 0.13, 0.19, 1],
};

/** Returns the colours of a theme, or of the system if the user has made it force its own. */
export function labelColours(theme: ThemeName): LabelColours {
  if (matchMedia("(forced-colors: active)").matches) {
    const text = systemColour("CanvasText");
    return { text, halo: systemColour("Canvas"), emergency: text };
  }
  return {
    text: TEXT[theme],
    halo: parsed(MAP_THEMES[theme].halo),
    emergency: toShader(EMERGENCY_COLOUR[theme]),
  };
}

/** Returns a colour of CSS that depends on the system. */
function systemColour(name: string): ShaderColour {
  const probe = document.createElement("span");
  probe.style.color = name;
  document.body.append(probe);
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(
    Number,
  );
  probe.remove();
  return toShader([red, green, blue]);
}

/** Reads a colour such as `#0e1728`. */
function parsed(hex: string): ShaderColour {
  const value = Number.parseInt(hex.slice(1), 16);
  return toShader([value >> 16, (value >> 8) & 255, value & 255]);
}

function toShader([red, green, blue]: readonly [number, number, number]): ShaderColour {
  return [red / 255, green / 255, blue / 255, 1];
}
