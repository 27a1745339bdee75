/** A row of the table, whose elements are reused for one aircraft after another. */

import { make } from "../core/elements.ts";
import { isEmergency } from "../map/aircraft-buffers.ts";
import { GROUND_COLOUR, HIGHEST_M, rampColour, UNKNOWN_COLOUR } from "../map/altitude-ramp.ts";
import type { ThemeName } from "../map/theme.ts";
import type { Fleet } from "../stream/fleet.ts";
import { type CellContext, COLUMNS } from "./columns.ts";

/** Steps of the altitude's colour (250 m each): fewer than the map's, to repaint marks less often. */
const SHADES = 52;

/** What all rows show; the table changes it in place. */
export interface RowContext extends CellContext {
  fleet: Fleet;
  theme: ThemeName;
  /** The icao24 of the aircraft that is selected on the page; null for none. */
  selected: string | null;
  /** The icao24 of the aircraft that the keyboard is on; null for none. */
  active: string | null;
  /** Rows are written again when this number has changed. */
  revision: number;
}

export class TableRow {
  readonly element = make("div", { role: "row" });
  icao24: string | null = null;
  private readonly texts = COLUMNS.map(() => document.createTextNode(""));
  private readonly mark = make("span", { class: "mark", "aria-hidden": "true" });
  private revision = -1;
  private slot = -1;
  private translate = "";
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

  /** Shows the aircraft of a slot in a row, counted from 0; writes only what has changed. */
  show(slot: number, row: number, rowHeight: number, context: RowContext): void {
    this.element.hidden = false;
    this.moveTo(row, rowHeight);
    if (slot !== this.slot || context.revision !== this.revision) {
      this.slot = slot;
      this.revision = context.revision;
      this.write(slot, context);
    }
  }

  private write(slot: number, context: RowContext): void {
    const { fleet } = context;
    this.icao24 = fleet.icao24[slot] ?? null;
    COLUMNS.forEach((column, index) => {
      const text = column.text(fleet, slot, context);
      const node = this.texts[index] as Text;
      if (node.data !== text) {
        node.data = text;
      }
    });
    this.paintMark(fleet, slot, context.theme);
    this.setAttribute(
      "aria-selected",
      String(this.icao24 !== null && this.icao24 === context.selected),
    );
    this.setAttribute(
      "data-active",
      String(this.icao24 !== null && this.icao24 === context.active),
    );
    this.setAttribute("data-emergency", String(isEmergency(fleet.text("squawk", slot))));
  }

  private moveTo(row: number, rowHeight: number): void {
    const translate = `0 ${row * rowHeight}px`;
    if (translate !== this.translate) {
      this.translate = translate;
      this.element.style.translate = translate;
      this.element.ariaRowIndex = String(row + 2); // counted from 1, which is the heading row
    }
  }

  /** Gives the mark the colour that the aircraft has on the map. */
  private paintMark(fleet: Fleet, slot: number, theme: ThemeName): void {
    const altitude = fleet.measure("baro_altitude", slot);
    const onGround = fleet.measure("on_ground", slot) === 1;
    const shade = Math.round(Math.min(Math.max(altitude / HIGHEST_M, 0), 1) * SHADES);
    const key = `${theme} ${onGround ? "ground" : shade}`;
    if (key !== this.colour) {
      this.colour = key;
      const known = Number.isNaN(altitude)
        ? UNKNOWN_COLOUR[theme]
        : rampColour(shade / SHADES, theme);
      this.mark.style.backgroundColor = `rgb(${(onGround ? GROUND_COLOUR[theme] : known).join(" ")})`;
    }
  }

  private setAttribute(attribute: string, value: string): void {
    if (this.element.getAttribute(attribute) !== value) {
      this.element.setAttribute(attribute, value);
    }
  }
}
