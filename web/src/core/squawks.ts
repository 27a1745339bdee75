/** The transponder codes of emergencies, and what they mean. */

export const EMERGENCY_CODES: Readonly<Record<string, string>> = {
  "7500": "unlawful interference",
  "7600": "radio failure",
  "7700": "emergency",
};

/** Whether a transponder code signals an emergency; null was not received. */
export function isEmergency(squawk: string | null | undefined): boolean {
  return squawk != null && squawk in EMERGENCY_CODES;
}
