/** Writes measured values with units, in three systems of units. */

export const SYSTEMS = ["metric", "nautical", "imperial"] as const;
export type System = (typeof SYSTEMS)[number];
export type Quantity = "altitude" | "speed" | "climb" | "distance";

export interface Unit {
  /** How many of these make one of the server's units: metres, m/s, and kilometres for distances. */
  factor: number;
  symbol: string;
  digits: number;
}

const FOOT: Unit = { factor: 1 / 0.3048, symbol: "ft", digits: 0 };
const FEET_PER_MINUTE: Unit = { factor: 60 / 0.3048, symbol: "ft/min", digits: 0 };

const UNITS: Record<System, Record<Quantity, Unit>> = {
  metric: {
    altitude: { factor: 1, symbol: "m", digits: 0 },
    speed: { factor: 3.6, symbol: "km/h", digits: 0 },
    climb: { factor: 1, symbol: "m/s", digits: 1 },
    distance: { factor: 1, symbol: "km", digits: 0 },
  },
  nautical: {
    altitude: FOOT,
    speed: { factor: 3600 / 1852, symbol: "kt", digits: 0 },
    climb: FEET_PER_MINUTE,
    distance: { factor: 1 / 1.852, symbol: "NM", digits: 0 },
  },
  imperial: {
    altitude: FOOT,
    speed: { factor: 3600 / 1609.344, symbol: "mph", digits: 0 },
    climb: FEET_PER_MINUTE,
    distance: { factor: 1 / 1.609344, symbol: "mi", digits: 0 },
  },
};

/** The text for a value that was not received. */
export const MISSING = "–";

export function isSystem(text: unknown): text is System {
  return (SYSTEMS as readonly unknown[]).includes(text);
}

export function unitOf(quantity: Quantity, system: System): Unit {
  return UNITS[system][quantity];
}

/** Formats by digits and sign, because making one costs more than formatting with it. */
const FORMATS = new Map<string, Intl.NumberFormat>();

function formatOf(digits: number, isSigned: boolean): Intl.NumberFormat {
  const key = `${digits} ${isSigned}`;
  const known = FORMATS.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = new Intl.NumberFormat("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: isSigned ? "exceptZero" : "negative",
  });
  FORMATS.set(key, made);
  return made;
}

/** Writes a value that is given in the server's unit; NaN is "not received". */
export function write(value: number, quantity: Quantity, system: System): string {
  if (Number.isNaN(value)) {
    return MISSING;
  }
  const { factor, symbol, digits } = unitOf(quantity, system);
  return `${formatOf(digits, quantity === "climb").format(value * factor)} ${symbol}`;
}

/** Below this many units a distance has a decimal. */
const NEAR = 10;

/** Writes the distance (kilometres) of a place that may be near: `3.4 km`; NaN is "not received". */
export function writeDistance(kilometres: number, system: System): string {
  const { factor, symbol } = unitOf("distance", system);
  return kilometres * factor < NEAR
    ? `${formatOf(1, false).format(kilometres * factor)} ${symbol}`
    : write(kilometres, "distance", system);
}

/** Writes a track as degrees and compass direction: `85° E`. */
export function writeTrack(degrees: number): string {
  if (Number.isNaN(degrees)) {
    return MISSING;
  }
  const names = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
  const name = names[Math.round(degrees / 45) % names.length];
  return `${Math.round(degrees) % 360}° ${name}`;
}

/** Writes an age in seconds, or in minutes from 100 s. */
export function writeAge(seconds: number): string {
  if (Number.isNaN(seconds)) {
    return MISSING;
  }
  return seconds < 100
    ? `${Math.max(0, Math.round(seconds))} s`
    : `${Math.round(seconds / 60)} min`;
}
