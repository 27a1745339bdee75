/** Keeps small values in the browser between visits; a browser that allows no storage keeps none. */

/** Returns the value that was kept under a name; null if there is none, or if it is no JSON. */
export function readKept(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    // Access may be forbidden, and anyone who uses this browser can write anything there.
    return null;
  }
}

/** Keeps a value of JSON; returns whether the browser has kept it. */
export function keep(name: string, value: unknown): boolean {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Returns the fields of a kept object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : {};
}
