/** What the map shows besides the aircraft, as the panel Layers sets it and the address holds it. */

/** The traffic whose density is drawn: that on the screen, or that of a UTC day, as `2026-09-21`. */
export type Density = "live" | (string & {});

export interface OverlayChoice {
  /** Whether the night is shaded. */
  isNight: boolean;
  /** Null draws no density. */
  density: Density | null;
  /** The name of a base map of the server, or PACKAGED; null is the server's first one. */
  base: string | null;
  /** Whether the tracks of a selection have a colour for each aircraft, and not for its altitude. */
  isColouredByAircraft: boolean;
}

/** The name of the base map that comes with the page; none of the server's is written so. */
export const PACKAGED = "packaged";

export const NO_OVERLAYS: OverlayChoice = {
  isNight: false,
  density: null,
  base: null,
  isColouredByAircraft: true,
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MAX_NAME = 40;

/** Reads the parameters; an invalid one counts as missing. */
export function readOverlays(query: URLSearchParams): OverlayChoice {
  const density = query.get("density") ?? "";
  const base = query.get("base") ?? "";
  return {
    isNight: query.get("night") === "on",
    density: density === "live" || isDay(density) ? density : null,
    base: base !== "" && base.length <= MAX_NAME ? base : null,
    isColouredByAircraft: query.get("tracks") !== "altitude",
  };
}

/** Adds the parameters that differ from their defaults. */
export function writeOverlays(choice: OverlayChoice, query: URLSearchParams): void {
  if (choice.isNight) {
    query.set("night", "on");
  }
  if (choice.density !== null) {
    query.set("density", choice.density);
  }
  if (choice.base !== null) {
    query.set("base", choice.base);
  }
  if (!choice.isColouredByAircraft) {
    query.set("tracks", "altitude");
  }
}

/** Whether a text is a day of the calendar. */
export function isDay(text: string): boolean {
  const time = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
