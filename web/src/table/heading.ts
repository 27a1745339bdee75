/** The heading row of the table: one button per column, which sorts by it. */

import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import { COLUMNS, type Column } from "./columns.ts";
import type { Sort } from "./row-order.ts";

export class HeadingRow {
  readonly element = make("div", { role: "row", class: "heading", "aria-rowindex": "1" });
  private readonly cells: HTMLElement[] = [];
  private readonly units: HTMLElement[] = [];

  constructor(onClick: (column: Column) => void) {
    COLUMNS.forEach((column, index) => {
      const unit = make("small");
      const button = make("button", { type: "button" }, column.title, unit);
      button.addEventListener("click", () => onClick(column));
      const cell = make("div", { role: "columnheader", "data-field": column.field }, button);
      cell.ariaColIndex = String(index + 1);
      cell.classList.toggle("number", column.isNumber);
      this.cells.push(cell);
      this.units.push(unit);
      this.element.append(cell);
    });
  }

  showSort({ column, direction }: Sort): void {
    COLUMNS.forEach((one, index) => {
      (this.cells[index] as HTMLElement).ariaSort = one === column ? direction : "none";
    });
  }

  showUnits(system: System): void {
    COLUMNS.forEach((column, index) => {
      (this.units[index] as HTMLElement).textContent = column.unit(system);
    });
  }
}
