/** A row of the table: its elements stay, and show one aircraft after another. */

import { make } from "../core/elements.ts";
import { isEmergency } from "../core/squawks.ts";
import type { ThemeName } from "../core/theme.ts";
import { GROUND, HIGHEST_M, rampColour, UNKNOWN } from "../map/altitude-ramp.ts";
import type { Fleet } from "../stream/fleet.ts";
import { COLUMNS, type Reading } from "./columns.ts";

/** Steps of the altitude's colour: a mark is not painted anew for a few metres. */
const SHADES = 52;

/** What a row is to show. */
export interface Look extends Reading {
  fleet: Fleet;
  theme: ThemeName;
  selected: string | null;
  active: string | null;
  /** Another number says that there is something new to write in every row. */
  revision: number;
}

export class TableRow {
  readonly element = make("div", { role: "row" });
  icao24: string | null = null;
  private readonly texts = COLUMNS.map(() => document.createTextNode(""));
  private readonly mark = make("span", { class: "mark", "aria-hidden": "true" });
  private revision = -1;
  private slot = -1;
  private place = "";
  private colour = "";

  constructor(id: string) {
    this.element.id = id;
    COLUMNS.forEach(({ field, isNumber }, index) => {
      const cell = make("div", { role: "gridcell", "data-field": field });
      cell.ariaColIndex = String(index + 1);
      cell.classList.toggle("number", isNumber);
      cell.append(...(index === 0 ? [this.mark] : []), this.texts[index] as Text);
      this.element.append(cell);
    });
  }

  /** Shows a slot in a row, from 0 on; writes only what differs from what it shows. */
  show(slot: number, row: number, rowHeight: number, look: Look): void {
    this.element.hidden = false;
    this.moveTo(row, rowHeight);
    if (slot !== this.slot || look.revision !== this.revision) {
      this.slot = slot;
      this.revision = look.revision;
      this.write(slot, look);
    }
  }

  private write(slot: number, look: Look): void {
    const { fleet } = look;
    this.icao24 = fleet.icao24[slot] ?? null;
    COLUMNS.forEach((column, index) => {
      const text = column.text(fleet, slot, look);
      const node = this.texts[index] as Text;
      if (node.data !== text) {
        node.data = text;
      }
    });
    this.paint(fleet, slot, look.theme);
    this.set("aria-selected", String(this.icao24 !== null && this.icao24 === look.selected));
    this.set("data-active", String(this.icao24 !== null && this.icao24 === look.active));
    this.set("data-emergency", String(isEmergency(fleet.text("squawk", slot))));
  }

  private moveTo(row: number, rowHeight: number): void {
    const place = `0 ${row * rowHeight}px`;
    if (place !== this.place) {
      this.place = place;
      this.element.style.translate = place;
      this.element.ariaRowIndex = String(row + 2); // the heading is the first
    }
  }

  /** The mark has the colour that the aircraft has on the map. */
  private paint(fleet: Fleet, slot: number, theme: ThemeName): void {
    const altitude = fleet.measure("baro_altitude", slot);
    const onGround = fleet.measure("on_ground", slot) === 1;
    const shade = Math.round(Math.min(Math.max(altitude / HIGHEST_M, 0), 1) * SHADES);
    const key = `${theme} ${onGround ? "ground" : shade}`;
    if (key !== this.colour) {
      this.colour = key;
      const known = Number.isNaN(altitude) ? UNKNOWN[theme] : rampColour(shade / SHADES, theme);
      this.mark.style.backgroundColor = `rgb(${(onGround ? GROUND[theme] : known).join(" ")})`;
    }
  }

  private set(attribute: string, value: string): void {
    if (this.element.getAttribute(attribute) !== value) {
      this.element.setAttribute(attribute, value);
    }
  }
}
