/** A row of the table, whose elements are reused for one aircraft after another. */

import { make } from "../core/elements.ts";
import { isEmergency } from "../core/squawks.ts";
import type { ThemeName } from "../core/theme.ts";
import { altitudeColour } from "../map/altitude-ramp.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { CellContext, Column } from "./columns.ts";

/** Altitudes are rounded to this, so that few updates change the colour of a mark. */
const COLOUR_STEP_M = 250;

/** What all rows show; the table changes it in place. */
export interface RowContext extends CellContext {
  fleet: Fleet;
  columns: readonly Column[];
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
  private readonly columns: readonly Column[];
  private readonly texts: readonly Text[];
  private readonly mark = make("span", { class: "mark", "aria-hidden": "true" });
  private revision = -1;
  private slot = -1;
  private translate = "";
  private colourKey = "";

  constructor(id: string, columns: readonly Column[]) {
    this.element.id = id;
    this.columns = columns;
    this.texts = columns.map(() => document.createTextNode(""));
    columns.forEach(({ field, isNumber, width }, index) => {
      const cell = make("div", { role: "gridcell", "data-field": field });
      cell.style.flexBasis = `${width}rem`;
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
    this.columns.forEach((column, index) => {
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
    const rounded = Math.round(altitude / COLOUR_STEP_M) * COLOUR_STEP_M;
    const isOnGround = fleet.measure("on_ground", slot) === 1;
    const key = `${theme} ${isOnGround ? "ground" : rounded}`;
    if (key !== this.colourKey) {
      this.colourKey = key;
      const colour = altitudeColour(rounded, isOnGround, theme);
      this.mark.style.backgroundColor = `rgb(${colour.join(" ")})`;
    }
  }

  private setAttribute(attribute: string, value: string): void {
    if (this.element.getAttribute(attribute) !== value) {
      this.element.setAttribute(attribute, value);
    }
  }
}
