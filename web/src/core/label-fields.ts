/** What the labels of all aircraft may show. */

/** In the order of their lines. */
export const LABEL_FIELDS = ["callsign", "altitude", "speed"] as const;
export type LabelField = (typeof LABEL_FIELDS)[number];

/** Reads fields separated by commas, in any order; unknown ones, as `none`, are ignored. */
export function readLabelFields(text: string): LabelField[] {
  return labelFieldsIn(text.split(","));
}

/** Returns the fields that a list names; none if it is no list. */
export function labelFieldsIn(names: unknown): LabelField[] {
  return LABEL_FIELDS.filter((field) => Array.isArray(names) && names.includes(field));
}
