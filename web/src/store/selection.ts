/** The selected aircraft: one whose details are shown, and others that are selected beside it. */

/** All selected aircraft together, the one with the details included. */
export const MAX_SELECTED = 50;
const ICAO24 = /^[0-9a-f]{6}$/;

/** Which aircraft are selected, by icao24; `others` is empty without a `focused` one. */
export interface Selection {
  focused: string | null;
  others: readonly string[];
}

export const NONE: Selection = { focused: null, others: [] };

/** Returns all selected aircraft, the focused one first. */
export function allOf({ focused, others }: Selection): string[] {
  return focused === null ? [] : [focused, ...others];
}

/** Returns the selection of a list, whose first aircraft is the focused one. */
export function selectionOf(icao24s: Iterable<string>): Selection {
  const [focused = null, ...others] = [...new Set(icao24s)].slice(0, MAX_SELECTED);
  return { focused, others };
}

/** Reads `a,b,c`; what is no address is left out. */
export function parseSelection(text: string): Selection {
  const parts = text.toLowerCase().split(",");
  return selectionOf(parts.filter((part) => ICAO24.test(part)));
}

/** Adds aircraft at the end, as many as fit. */
export function withAdded(selection: Selection, icao24s: Iterable<string>): Selection {
  return selectionOf([...allOf(selection), ...icao24s]);
}

/** Removes an aircraft; if it was the focused one, the next of the others takes its place. */
export function without(selection: Selection, icao24: string): Selection {
  return selectionOf(allOf(selection).filter((one) => one !== icao24));
}

/** Adds an aircraft, or removes it if it is selected. */
export function toggled(selection: Selection, icao24: string): Selection {
  const isSelected = allOf(selection).includes(icao24);
  return isSelected ? without(selection, icao24) : withAdded(selection, [icao24]);
}

/** Shows the details of one of the selected aircraft; the one before stays selected. */
export function withFocus({ focused, others }: Selection, icao24: string): Selection {
  const rest = others.map((one) => (one === icao24 ? focused : one));
  return { focused: icao24, others: rest.filter((one): one is string => one !== null) };
}
