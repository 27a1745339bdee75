/** What stands above the rows: a field and a switch that narrow them, and how many are left. */

import { make, put } from "../core/elements.ts";
import type { Fleet } from "../stream/fleet.ts";
import { narrow } from "./narrow.ts";

export class Bar {
  readonly element: HTMLElement;
  private readonly field = make("input", {
    type: "search",
    placeholder: "callsign, icao24 or country",
    "aria-label": "Narrow these rows by callsign, icao24 or country",
    "aria-describedby": "table-counted",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "search",
  });
  private readonly visibleOnly = make("input", { type: "checkbox" });
  private readonly counted = make("span", { class: "counted", id: "table-counted" });

  /** @param change Called when other rows than before are asked for. */
  constructor(change: () => void) {
    const choice = make("label", {}, this.visibleOnly, "Only what the map shows");
    this.element = make("div", { class: "bar" }, this.field, choice, this.counted);
    this.field.addEventListener("input", change);
    this.visibleOnly.addEventListener("change", change);
  }

  focus(): void {
    this.field.focus();
  }

  /** Gives the test that a slot must pass to have a row. */
  passes(
    fleet: Fleet,
    isVisible: (longitude: number, latitude: number) => boolean,
  ): (slot: number) => boolean {
    const isNamed = narrow(fleet, this.field.value);
    if (!this.visibleOnly.checked) {
      return isNamed;
    }
    const longitudes = fleet.column("longitude");
    const latitudes = fleet.column("latitude");
    return (slot) => {
      const latitude = latitudes[slot] as number;
      const isSomewhere = !Number.isNaN(latitude);
      return isSomewhere && isNamed(slot) && isVisible(longitudes[slot] as number, latitude);
    };
  }

  count(rows: number, aircraft: number): void {
    const [some, all] = [rows.toLocaleString("en"), aircraft.toLocaleString("en")];
    put(this.counted, rows === aircraft ? `${all} aircraft` : `${some} of ${all}`);
  }

  /** Says why there is no row, and what to do. */
  reason(aircraft: number): string {
    const text = this.field.value.trim();
    if (aircraft === 0) {
      return "No aircraft yet. They come with the first snapshot.";
    }
    if (text === "") {
      return "The map shows no aircraft. Zoom out, or show all rows again.";
    }
    const where = this.visibleOnly.checked ? " that the map shows" : "";
    return `No callsign, icao24 or country${where} has “${text}” in it. Write less of it.`;
  }
}
