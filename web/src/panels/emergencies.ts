/** The banner of aircraft that send an emergency's transponder code. */

import { element, make } from "../core/elements.ts";
import type { Fleet } from "../stream/fleet.ts";

const MEANINGS: Record<string, string> = {
  "7500": "unlawful interference",
  "7600": "radio failure",
  "7700": "emergency",
};

/** More than these are in the list only. */
const SHOWN = 5;

let shown = "";

export interface EmergenciesListener {
  select(icao24: string): void;
  /** Takes that somebody wants to see all of them. */
  list(): void;
}

export function showEmergencies(
  fleet: Fleet,
  slots: readonly number[],
  listener: EmergenciesListener,
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
    const text = `${squawk} ${name} · ${MEANINGS[squawk] ?? ""}`;
    const button = make("button", { type: "button" }, text);
    button.addEventListener("click", () => listener.select(icao24));
    return button;
  });
  if (lines.length > 1) {
    const all = make("button", { class: "all", type: "button" }, `List all ${lines.length}`);
    all.addEventListener("click", () => listener.list());
    buttons.push(all);
  }
  element("emergencies").replaceChildren(...buttons);
  element("emergencies").hidden = lines.length === 0;
}
