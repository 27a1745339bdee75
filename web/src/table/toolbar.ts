/** The bar above the table's rows: text filter, switch for visible aircraft, and row count. */

import { make, put } from "../core/elements.ts";
import type { Identities } from "../store/identities.ts";
import type { Fleet } from "../stream/fleet.ts";
import { textFilter } from "./text-filter.ts";

export class Toolbar {
  readonly element: HTMLElement;
  private readonly input = make("input", {
    type: "search",
    placeholder: "callsign, icao24 or country",
    "aria-label": "Filter rows by callsign, icao24 or country",
    "aria-describedby": "table-count",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "search",
  });
  private readonly visibleOnly = make("input", { type: "checkbox" });
  private readonly count = make("span", { class: "count", id: "table-count" });

  /** @param onChange Called when the filter of the rows has changed. */
  constructor(onChange: () => void) {
    const visibleLabel = make("label", {}, this.visibleOnly, "Only aircraft in the map view");
    this.element = make("div", { class: "toolbar" }, this.input, visibleLabel, this.count);
    this.input.addEventListener("input", onChange);
    this.visibleOnly.addEventListener("change", onChange);
  }

  /** Returns a function that says whether the aircraft in a slot has a row. */
  rowFilter(
    fleet: Fleet,
    isVisible: (longitude: number, latitude: number) => boolean,
    identities: Pick<Identities, "of">,
  ): (slot: number) => boolean {
    const matchesText = textFilter(fleet, this.input.value, identities);
    if (!this.visibleOnly.checked) {
      return matchesText;
    }
    const longitudes = fleet.column("longitude");
    const latitudes = fleet.column("latitude");
    return (slot) => {
      const latitude = latitudes[slot] as number;
      const hasPosition = !Number.isNaN(latitude);
      return hasPosition && matchesText(slot) && isVisible(longitudes[slot] as number, latitude);
    };
  }

  showCount(rows: number, aircraft: number): void {
    const [some, all] = [rows.toLocaleString("en"), aircraft.toLocaleString("en")];
    put(this.count, rows === aircraft ? `${all} aircraft` : `${some} of ${all}`);
  }

  /** Returns why the table has no rows and what the user can do. */
  emptyReason(aircraft: number): string {
    const text = this.input.value.trim();
    if (aircraft === 0) {
      return "No aircraft yet. They appear as soon as the server sends them.";
    }
    if (text === "") {
      return "No aircraft in the map view. Zoom out, or show all aircraft.";
    }
    const where = this.visibleOnly.checked ? " in the map view" : "";
    return `No callsign, icao24 or country${where} contains “${text}”. Try a shorter text.`;
  }
}
