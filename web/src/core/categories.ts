/** The names of OpenSky's aircraft categories. */

/** By number, 0 to 20: https://openskynetwork.github.io/opensky-api/rest.html. */
export const CATEGORIES: readonly string[] = [
  "unknown",
  "unknown",
  "light",
  "small",
  "large",
  "high vortex",
  "heavy",
  "high performance",
  "rotorcraft",
  "glider",
  "lighter than air",
  "parachutist",
  "ultralight",
  "reserved",
  "unmanned",
  "space vehicle",
  "emergency vehicle",
  "service vehicle",
  "point obstacle",
  "cluster obstacle",
  "line obstacle",
];

/** Smaller numbers mean that the aircraft has not sent its category. */
export const FIRST_CATEGORY = 2;
