/** The rows as they scroll: only those that are to be seen have elements, which they hand on. */

import { make } from "../core/elements.ts";
import type { Fleet } from "../stream/fleet.ts";
import { COLUMNS } from "./columns.ts";
import type { Order } from "./order.ts";
import { type Look, TableRow } from "./row.ts";
import { poolSize, rowAfter, scrollToCentre, scrollToShow, spanOf, type View } from "./window.ts";

/** An aircraft and the row that it had. */
export interface Anchor {
  icao24: string;
  row: number;
}

/** Until the style sheet has told. */
const ROW_PX = 30;
const HANDS = ["pointermove", "pointerdown", "touchmove", "wheel", "keydown"] as const;

export class Rows {
  readonly grid = make("div", { role: "grid", class: "grid", tabindex: "0" });
  /** When somebody last pointed, scrolled or pressed a key here, by `performance.now()`. */
  touched = Number.NEGATIVE_INFINITY;
  private readonly body = make("div", { role: "rowgroup", class: "body" });
  private readonly heading: HTMLElement;
  private readonly fleet: Fleet;
  private readonly order: Order;
  private readonly look: Look;
  private readonly choose: (icao24: string) => void;
  private readonly pool: TableRow[] = [];
  private rowHeight = ROW_PX;
  private height = 0;
  private isRevealing = false;

  constructor(heading: HTMLElement, order: Order, look: Look, choose: (icao24: string) => void) {
    this.heading = heading;
    this.fleet = look.fleet;
    this.order = order;
    this.look = look;
    this.choose = choose;
    const headings = make("div", { role: "rowgroup", class: "headings" }, heading);
    this.grid.append(make("div", { class: "lane" }, headings, this.body));
    this.grid.ariaLabel = "Aircraft";
    this.grid.ariaColCount = String(COLUMNS.length);
    this.listen();
  }

  /** Writes what the fleet holds now into the rows that are to be seen. */
  draw(): void {
    if (this.pool.length > 0) {
      this.look.revision += 1;
      this.look.theme = document.documentElement.dataset.theme === "light" ? "light" : "dark";
      this.grid.ariaRowCount = String(this.order.length + 1); // the heading is one
      this.body.style.height = `${this.order.length * this.rowHeight}px`;
      this.reveal();
      this.place();
    }
  }

  toTop(): void {
    this.grid.scrollTop = 0;
  }

  /** Scrolls to the selected aircraft, as soon as it has a row. */
  revealSelected(): void {
    this.isRevealing = this.look.selected !== null;
  }

  /**
   * Gives the aircraft on which the reader's eyes are likely to be: the selected one, or else the
   * topmost, unless rows change places by themselves.
   */
  anchor(isSteady: boolean): Anchor | null {
    const view = this.view();
    if (view.scrollTop === 0) {
      return null; // who reads the first rows wants to see who becomes first
    }
    const selected = this.rowOf(this.look.selected);
    const isSeen = selected >= 0 && scrollToShow(selected, view) === view.scrollTop;
    const topmost = isSteady ? Math.ceil(view.scrollTop / view.rowHeight) : -1;
    const row = isSeen ? selected : topmost;
    const icao24 = this.fleet.icao24[this.order.slot(row)] ?? null;
    return icao24 === null ? null : { icao24, row };
  }

  /** Scrolls along with an aircraft that others have pushed up or down, but not across the table. */
  keep(anchor: Anchor | null): void {
    const row = anchor === null ? -1 : this.rowOf(anchor.icao24);
    const moved = row < 0 || anchor === null ? 0 : (row - anchor.row) * this.rowHeight;
    if (moved !== 0 && Math.abs(moved) <= this.height) {
      this.grid.scrollTop += moved;
      this.place();
    }
  }

  private listen(): void {
    this.grid.addEventListener("scroll", () => this.place(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.press(event));
    this.grid.addEventListener("focus", () => this.enter());
    this.body.addEventListener("click", ({ target }) => this.click(target as Node));
    for (const hand of HANDS) {
      this.grid.addEventListener(hand, () => this.touch(), { passive: true });
    }
    new ResizeObserver(() => this.measure()).observe(this.grid);
  }

  private touch(): void {
    this.touched = performance.now();
    this.isRevealing = false;
  }

  private view(): View {
    const { height, rowHeight } = this;
    return { scrollTop: this.grid.scrollTop, height, rowHeight, rows: this.order.length };
  }

  /** Learns the sizes that the style sheet gives, and makes as many rows as can be seen. */
  private measure(): void {
    if (this.grid.clientHeight === 0) {
      return;
    }
    this.height = Math.max(this.grid.clientHeight - this.heading.offsetHeight, 0);
    this.rowHeight = Number.parseFloat(getComputedStyle(this.body).lineHeight) || ROW_PX;
    while (this.pool.length < poolSize(this.height, this.rowHeight)) {
      const row = new TableRow(`table-row-${this.pool.length}`);
      this.pool.push(row);
      this.body.append(row.element);
    }
    this.draw();
  }

  /** Puts the rows where they are to be seen; one that goes out of sight comes in on the other side. */
  private place(): void {
    const { first, end } = spanOf(this.view());
    for (let row = first; row < first + this.pool.length; row++) {
      const place = this.pool[row % this.pool.length] as TableRow;
      if (row < end) {
        place.show(this.order.slot(row), row, this.rowHeight, this.look);
      } else {
        place.element.hidden = true;
      }
    }
    this.point();
  }

  private reveal(): void {
    const row = this.isRevealing ? this.rowOf(this.look.selected) : -1;
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

  /** Tells who listens which row is the active one. */
  private point(): void {
    const { active } = this.look;
    const shown = this.pool.find(({ element, icao24 }) => !element.hidden && icao24 === active);
    if (shown === undefined || active === null) {
      this.grid.removeAttribute("aria-activedescendant");
    } else {
      this.grid.setAttribute("aria-activedescendant", shown.element.id);
    }
  }

  /** Who comes with the keyboard begins at the top of what is seen. */
  private enter(): void {
    if (this.rowOf(this.look.active) < 0 && this.order.length > 0) {
      const row = Math.ceil(this.grid.scrollTop / this.rowHeight);
      this.activate(Math.min(row, this.order.length - 1));
    }
  }

  private press(event: KeyboardEvent): void {
    if (event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const row = rowAfter(event.key, this.rowOf(this.look.active), this.view());
    if (row !== null && this.order.length > 0) {
      event.preventDefault();
      this.activate(row);
    } else if (event.key === "Enter" && this.look.active !== null) {
      event.preventDefault();
      this.choose(this.look.active);
    }
  }

  private activate(row: number): void {
    this.look.active = this.fleet.icao24[this.order.slot(row)] ?? null;
    this.grid.scrollTop = scrollToShow(row, this.view());
    this.draw();
  }

  private click(target: Node): void {
    const row = this.pool.find(({ element }) => element.contains(target));
    if (row !== undefined && row.icao24 !== null) {
      this.choose(row.icao24);
    }
  }
}
