/** The names of OpenSky's categories of aircraft. */

/** By number, 0 to 20: https://openskynetwork.github.io/opensky-api/rest.html. */
export const CATEGORIES: readonly string[] = [
  "not told",
  "not told",
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
