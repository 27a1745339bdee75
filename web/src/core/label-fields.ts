/** What the labels of all aircraft may show. */

/** In the order of their lines. */
export const LABEL_FIELDS = ["callsign", "altitude", "speed"] as const;
export type LabelField = (typeof LABEL_FIELDS)[number];

/** Reads fields separated by commas, in any order; unknown ones, as `none`, are ignored. */
export function readLabelFields(text: string): LabelField[] {
  const named = text.split(",");
  return LABEL_FIELDS.filter((field) => named.includes(field));
}
