/** The heading row of the table: one button per column, which sorts by it. */

import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Column } from "./columns.ts";
import type { Sort } from "./row-order.ts";

export class HeadingRow {
  readonly element = make("div", { role: "row", class: "heading", "aria-rowindex": "1" });
  private columns: readonly Column[] = [];
  private cells: HTMLElement[] = [];
  private units: HTMLElement[] = [];
  private readonly onClick: (column: Column) => void;

  constructor(onClick: (column: Column) => void) {
    this.onClick = onClick;
  }

  /** Shows other columns; call `showSort` and `showUnits` after it. */
  showColumns(columns: readonly Column[]): void {
    this.columns = columns;
    this.cells = [];
    this.units = [];
    columns.forEach((column, index) => {
      const unit = make("small");
      const button = make("button", { type: "button" }, column.title, unit);
      button.addEventListener("click", () => this.onClick(column));
      const cell = make("div", { role: "columnheader", "data-field": column.field }, button);
      cell.style.flexBasis = `${column.width}rem`;
      cell.ariaColIndex = String(index + 1);
      cell.classList.toggle("number", column.isNumber);
      this.cells.push(cell);
      this.units.push(unit);
    });
    this.element.replaceChildren(...this.cells);
  }

  showSort({ column, direction }: Sort): void {
    this.columns.forEach((one, index) => {
      (this.cells[index] as HTMLElement).ariaSort = one === column ? direction : "none";
    });
  }

  showUnits(system: System): void {
    this.columns.forEach((column, index) => {
      (this.units[index] as HTMLElement).textContent = column.unit(system);
    });
  }
}
