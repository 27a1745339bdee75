/** The scrolling grid of rows: only visible rows have elements, which scrolling reuses. */

import { make } from "../core/elements.ts";
import type { Fleet } from "../stream/fleet.ts";
import { type RowContext, TableRow } from "./row.ts";
import type { RowOrder } from "./row-order.ts";
import { poolSize, rowAfter, scrollToCentre, scrollToShow, spanOf, type View } from "./window.ts";

/** An aircraft and its row before sorting. */
export interface Anchor {
  icao24: string;
  row: number;
}

/** Row height until the style sheet's is known. */
const ROW_PX = 30;
const INPUT_EVENTS = ["pointermove", "pointerdown", "touchmove", "wheel", "keydown"] as const;

export class Rows {
  readonly grid = make("div", { role: "grid", class: "grid", tabindex: "0" });
  /** Time of the last pointer, scroll or key event here, by `performance.now()`. */
  lastInputAt = Number.NEGATIVE_INFINITY;
  private readonly body = make("div", { role: "rowgroup", class: "body" });
  private readonly lane = make("div", { class: "lane" });
  private readonly heading: HTMLElement;
  private readonly fleet: Fleet;
  private readonly order: RowOrder;
  private readonly context: RowContext;
  private readonly onChoose: (icao24: string) => void;
  private pool: TableRow[] = [];
  private rowHeight = ROW_PX;
  private height = 0;
  /** Whether the next rendering must scroll to the selected aircraft if it has a row. */
  private isRevealing = false;

  constructor(
    heading: HTMLElement,
    order: RowOrder,
    context: RowContext,
    onChoose: (icao24: string) => void,
  ) {
    this.heading = heading;
    this.fleet = context.fleet;
    this.order = order;
    this.context = context;
    this.onChoose = onChoose;
    const headings = make("div", { role: "rowgroup", class: "headings" }, heading);
    this.lane.append(headings, this.body);
    this.grid.append(this.lane);
    this.grid.ariaLabel = "Aircraft";
    this.listen();
  }

  /** Writes the current fleet into the visible rows. */
  render(): void {
    if (this.pool.length > 0) {
      this.context.revision += 1;
      this.grid.ariaRowCount = String(this.order.length + 1); // and the heading row
      this.body.style.height = `${this.order.length * this.rowHeight}px`;
      this.scrollToSelected();
      this.placeRows();
    }
  }

  /** Makes the rows again, with the context's present columns. */
  showColumns(): void {
    const { columns } = this.context;
    const width = columns.reduce((sum, column) => sum + column.width, 0);
    this.lane.style.minWidth = `${width}rem`;
    this.grid.ariaColCount = String(columns.length);
    this.pool = [];
    this.body.replaceChildren();
    this.onResize();
  }

  scrollToTop(): void {
    this.grid.scrollTop = 0;
  }

  /** Makes the next rendering in which the selected aircraft has a row scroll to it. */
  revealSelected(): void {
    this.isRevealing = this.context.selected !== null;
  }

  /**
   * Returns the aircraft that must stay in its place when the rows are sorted: the selected one if
   * it is visible, else the topmost; null for none.
   *
   * @param isSteady Whether the column's values seldom change: only then the topmost is an anchor.
   */
  anchor(isSteady: boolean): Anchor | null {
    const view = this.view();
    if (view.scrollTop === 0) {
      return null; // at the top users want to see which aircraft become the first ones
    }
    const selected = this.rowOf(this.context.selected);
    const isVisible = selected >= 0 && scrollToShow(selected, view) === view.scrollTop;
    const topmost = isSteady ? Math.ceil(view.scrollTop / view.rowHeight) : -1;
    const row = isVisible ? selected : topmost;
    const icao24 = this.fleet.icao24[this.order.slot(row)] ?? null;
    return icao24 === null ? null : { icao24, row };
  }

  /** Scrolls by as much as the anchor has moved, unless it has left the visible part. */
  scrollWith(anchor: Anchor | null): void {
    const row = anchor === null ? -1 : this.rowOf(anchor.icao24);
    const moved = row < 0 || anchor === null ? 0 : (row - anchor.row) * this.rowHeight;
    if (moved !== 0 && Math.abs(moved) <= this.height) {
      this.grid.scrollTop += moved;
      this.placeRows();
    }
  }

  private listen(): void {
    this.grid.addEventListener("scroll", () => this.placeRows(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.onKeyDown(event));
    this.grid.addEventListener("focus", () => this.onFocus());
    this.body.addEventListener("click", ({ target }) => this.onClick(target as Node));
    for (const name of INPUT_EVENTS) {
      this.grid.addEventListener(name, () => this.onInput(), { passive: true });
    }
    new ResizeObserver(() => this.onResize()).observe(this.grid);
  }

  private onInput(): void {
    this.lastInputAt = performance.now();
    this.isRevealing = false;
  }

  private view(): View {
    const { height, rowHeight } = this;
    return { scrollTop: this.grid.scrollTop, height, rowHeight, rows: this.order.length };
  }

  /** Reads the sizes that the style sheet gives, and makes as many rows as can be visible. */
  private onResize(): void {
    if (this.grid.clientHeight === 0) {
      return;
    }
    this.height = Math.max(this.grid.clientHeight - this.heading.offsetHeight, 0);
    this.rowHeight = Number.parseFloat(getComputedStyle(this.body).lineHeight) || ROW_PX;
    while (this.pool.length < poolSize(this.height, this.rowHeight)) {
      const row = new TableRow(`table-row-${this.pool.length}`, this.context.columns);
      this.pool.push(row);
      this.body.append(row.element);
    }
    this.render();
  }

  /** Moves the rows to the visible part; one that scrolls out is reused on the other side. */
  private placeRows(): void {
    const { first, end } = spanOf(this.view());
    for (let row = first; row < first + this.pool.length; row++) {
      const tableRow = this.pool[row % this.pool.length] as TableRow;
      if (row < end) {
        tableRow.show(this.order.slot(row), row, this.rowHeight, this.context);
      } else {
        tableRow.element.hidden = true;
      }
    }
    this.markActive();
  }

  private scrollToSelected(): void {
    const row = this.isRevealing ? this.rowOf(this.context.selected) : -1;
    if (row >= 0) {
      this.isRevealing = false;
      const view = this.view();
      if (scrollToShow(row, view) !== view.scrollTop) {
        this.grid.scrollTop = scrollToCentre(row, view);
      }
    }
  }

  private rowOf(icao24: string | null): number {
    const slot = this.fleet.slotOf(icao24 ?? "");
    return slot === undefined ? -1 : this.order.rowOf(slot);
  }

  /** Marks the active row for screen readers. */
  private markActive(): void {
    const { active } = this.context;
    const shown = this.pool.find(({ element, icao24 }) => !element.hidden && icao24 === active);
    if (shown === undefined || active === null) {
      this.grid.removeAttribute("aria-activedescendant");
    } else {
      this.grid.setAttribute("aria-activedescendant", shown.element.id);
    }
  }

  /** Makes the topmost visible row the active one, where the arrow keys begin. */
  private onFocus(): void {
    if (this.rowOf(this.context.active) < 0 && this.order.length > 0) {
      const row = Math.ceil(this.grid.scrollTop / this.rowHeight);
      this.activate(Math.min(row, this.order.length - 1));
    }
  }

  private onKeyDown(event: KeyboardEvent): void {
    if (event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const row = rowAfter(event.key, this.rowOf(this.context.active), this.view());
    if (row !== null && this.order.length > 0) {
      event.preventDefault();
      this.activate(row);
    } else if (event.key === "Enter" && this.context.active !== null) {
      event.preventDefault();
      this.onChoose(this.context.active);
    }
  }

  private activate(row: number): void {
    this.context.active = this.fleet.icao24[this.order.slot(row)] ?? null;
    this.grid.scrollTop = scrollToShow(row, this.view());
    this.render();
  }

  private onClick(target: Node): void {
    const row = this.pool.find(({ element }) => element.contains(target));
    if (row !== undefined && row.icao24 !== null) {
      this.onChoose(row.icao24);
    }
  }
}
