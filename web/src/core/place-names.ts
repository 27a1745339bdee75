/** Writes countries, positions and the names of airports. */

const COUNTRIES = new Intl.DisplayNames("en", { type: "region" });

/** Writes the name of a country; its code if that is not one of ISO 3166-1. */
export function writeCountry(code: string): string {
  try {
    return COUNTRIES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** Writes a position in degrees: `47.4582° N, 8.5480° E`. */
export function writePosition({ latitude, longitude }: { latitude: number; longitude: number }) {
  const north = latitude < 0 ? "S" : "N";
  const east = longitude < 0 ? "W" : "E";
  return `${Math.abs(latitude).toFixed(4)}° ${north}, ${Math.abs(longitude).toFixed(4)}° ${east}`;
}
