/** Reads typed coordinates. */

export interface Coordinates {
  latitude: number;
  longitude: number;
}

/** One of the two: degrees, or degrees, minutes and seconds, with a point of the compass before or after. */
const ANGLE =
  /\s*([NSEW])?\s*([+\-−]?)(\d{1,3}(?:\.\d+)?)\s*(?:[°º]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′’]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:["″”]|''))?)?)?(?:\s*([NSEW]))?/iy;
const SEPARATOR = /\s*[,;/]\s*|\s+|(?=[NSEW])|(?<=[NSEW°º'′’"″”\s])|$/iy;

interface Angle {
  degrees: number;
  /** The point of the compass; empty if none was typed. */
  point: string;
}

/** Returns the place that a text such as `47.45 8.56` or `47°27'N 8°33'E` means; null if it is none. */
export function readCoordinates(text: string): Coordinates | null {
  const typed = text.trim();
  const first = readAngle(typed, 0);
  const second = first === null ? null : readAngle(typed, first.end);
  if (first === null || second === null || second.end !== typed.length) {
    return null;
  }
  const isSwapped = /[EW]/.test(first.point) || /[NS]/.test(second.point);
  const [latitude, longitude] = isSwapped ? [second, first] : [first, second];
  const isValid =
    !/[EW]/.test(latitude.point) &&
    !/[NS]/.test(longitude.point) &&
    Math.abs(latitude.degrees) <= 90 &&
    Math.abs(longitude.degrees) <= 180;
  return isValid ? { latitude: latitude.degrees, longitude: longitude.degrees } : null;
}

function readAngle(text: string, start: number): (Angle & { end: number }) | null {
  ANGLE.lastIndex = start;
  const match = ANGLE.exec(text);
  if (match === null) {
    return null;
  }
  const [, before = "", sign = "", degrees, minutes = "0", seconds = "0", after = ""] = match;
  const point = (before || after).toUpperCase();
  const size = Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600;
  const isNegative = sign === "-" || sign === "−" || point === "S" || point === "W";
  const angle = { degrees: isNegative ? -size : size, point };
  if (before !== "" && after !== "") {
    return { ...angle, end: ANGLE.lastIndex - after.length }; // in `N47 E8` it belongs to the next one
  }
  SEPARATOR.lastIndex = ANGLE.lastIndex;
  return SEPARATOR.test(text) ? { ...angle, end: SEPARATOR.lastIndex } : null;
}
