/** The transponder codes of emergencies, and what they mean. */

/** A map, because looking up a code for every aircraft takes longer in an object. */
export const EMERGENCY_CODES: ReadonlyMap<string, string> = new Map([
  ["7500", "unlawful interference"],
  ["7600", "radio failure"],
  ["7700", "emergency"],
]);

/** Whether a transponder code signals an emergency; null was not received. */
export function isEmergency(squawk: string | null | undefined): boolean {
  return squawk != null && EMERGENCY_CODES.has(squawk);
}
