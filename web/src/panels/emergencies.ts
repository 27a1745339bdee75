/** The banner of aircraft that send an emergency code. */

import { element, make } from "../core/elements.ts";
import { EMERGENCY_CODES } from "../core/squawks.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";

/** Further aircraft are only in the list that a button opens. */
const MAX_SHOWN = 5;

export interface EmergencyActions {
  /** Shows one of the aircraft. */
  visit(icao24: string): void;
  /** Lists all of them. */
  listEmergencies(): void;
}

interface Emergency {
  icao24: string;
  name: string;
  squawk: string;
}

export function renderEmergencies(store: Store, actions: EmergencyActions): void {
  let rendered = "";
  watch(
    () => store.counts.value.emergencies,
    (slots) => {
      const emergencies = slots.map((slot) => emergencyAt(store, slot));
      const next = JSON.stringify(emergencies);
      // Unchanged buttons stay: one that is replaced while it is pressed receives no click.
      if (next !== rendered) {
        rendered = next;
        element("emergencies").replaceChildren(...buttonsOf(emergencies, actions));
        element("emergencies").hidden = emergencies.length === 0;
      }
    },
  );
}

function emergencyAt({ fleet }: Store, slot: number): Emergency {
  const icao24 = fleet.icao24[slot] ?? "";
  return {
    icao24,
    name: fleet.text("callsign", slot) ?? icao24,
    squawk: fleet.text("squawk", slot) ?? "",
  };
}

function buttonsOf(
  emergencies: readonly Emergency[],
  actions: EmergencyActions,
): HTMLButtonElement[] {
  const buttons = emergencies.slice(0, MAX_SHOWN).map(({ icao24, name, squawk }) => {
    const text = `${squawk} ${name} · ${EMERGENCY_CODES[squawk] ?? ""}`;
    const button = make("button", { type: "button" }, text);
    button.addEventListener("click", () => actions.visit(icao24));
    return button;
  });
  if (emergencies.length > 1) {
    const all = make("button", { class: "all", type: "button" }, `List all ${emergencies.length}`);
    all.addEventListener("click", () => actions.listEmergencies());
    buttons.push(all);
  }
  return buttons;
}
