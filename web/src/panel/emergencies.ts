/** The banner of aircraft that send an emergency's transponder code. */

import type { Fleet } from "../stream/fleet.ts";
import { element } from "./elements.ts";

const MEANINGS: Record<string, string> = {
  "7500": "unlawful interference",
  "7600": "radio failure",
  "7700": "emergency",
};

/** More than these are counted only. */
const SHOWN = 5;

let shown = "";

export function showEmergencies(
  fleet: Fleet,
  slots: readonly number[],
  select: (icao24: string) => void,
): void {
  const lines = slots.map((slot) => ({
    icao24: fleet.icao24[slot] ?? "",
    name: fleet.text("callsign", slot) ?? fleet.icao24[slot] ?? "",
    squawk: fleet.text("squawk", slot) ?? "",
  }));
  const now = JSON.stringify(lines);
  if (now === shown) {
    return; // a button that is replaced under the pointer cannot be pressed
  }
  shown = now;
  const buttons = lines.slice(0, SHOWN).map(({ icao24, name, squawk }) => {
    const button = document.createElement("button");
    button.textContent = `${squawk} ${name} · ${MEANINGS[squawk] ?? ""}`;
    button.addEventListener("click", () => select(icao24));
    return button;
  });
  const more = document.createElement("span");
  more.textContent = lines.length > SHOWN ? `and ${lines.length - SHOWN} more` : "";
  element("emergencies").replaceChildren(...buttons, more);
  element("emergencies").hidden = lines.length === 0;
}
