/** The user's home: a place from which distances are measured, kept in the browser. */

import { fieldsOf, keep, readKept } from "../core/local-storage.ts";
import { metresBetween } from "../history/plausibility.ts";

/** Degrees. */
export interface Home {
  latitude: number;
  longitude: number;
}

const NAME = "flight-monitor-home";
/** Decimals of a degree: about ten metres. */
const DECIMALS = 4;

/** Returns the home of a text `latitude,longitude` in degrees; null if it is none. */
export function parseHome(text: string): Home | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const [latitude = Number.NaN, longitude = Number.NaN] = parts.map(Number);
  return parts.length === 2 ? toHome(latitude, longitude) : null;
}

export function writeHome({ latitude, longitude }: Home): string {
  return [latitude, longitude].map((degrees) => String(rounded(degrees))).join();
}

/** Returns a home, rounded to ten metres; null if these are no degrees. */
export function toHome(latitude: unknown, longitude: unknown): Home | null {
  const isPlace =
    typeof latitude === "number" &&
    typeof longitude === "number" &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180;
  return isPlace ? { latitude: rounded(latitude), longitude: rounded(longitude) } : null;
}

export function isSameHome(one: Home | null, other: Home | null): boolean {
  return one?.latitude === other?.latitude && one?.longitude === other?.longitude;
}

/** Returns the home that the browser keeps; null if there is none. */
export function readKeptHome(): Home | null {
  const { latitude, longitude } = fieldsOf(readKept(NAME));
  return toHome(latitude, longitude);
}

/** Keeps a home in the browser; null forgets it. */
export function keepHome(home: Home | null): void {
  keep(NAME, home);
}

/** Returns the kilometres over the ground from home to a place; NaN if its position was not received. */
export function kilometresFrom(home: Home, longitude: number, latitude: number): number {
  return metresBetween(home, { longitude, latitude }) / 1_000;
}

/** Returns the direction in which a place lies from home, in degrees clockwise from north. */
export function bearingFrom(home: Home, longitude: number, latitude: number): number {
  const [south, north] = [radians(home.latitude), radians(latitude)];
  const east = radians(longitude - home.longitude);
  const y = Math.sin(east) * Math.cos(north);
  const x = Math.cos(south) * Math.sin(north) - Math.sin(south) * Math.cos(north) * Math.cos(east);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

function rounded(degrees: number): number {
  // Adding zero turns -0 into 0, which is the same place.
  return Number(degrees.toFixed(DECIMALS)) + 0;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
