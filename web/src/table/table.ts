/** The table of all aircraft: in step with the map, and as long as the fleet. */

import "./table.css";
import { make } from "../panel/elements.ts";
import type { System } from "../panel/units.ts";
import type { Fleet } from "../stream/fleet.ts";
import { COLUMNS, type Column } from "./columns.ts";
import { Heading } from "./heading.ts";
import { narrow } from "./narrow.ts";
import { DEFAULT_SORT, nextSort, Order, type Sort } from "./order.ts";
import { type Look, TableRow } from "./row.ts";
import { poolSize, rowAfter, scrollToCentre, scrollToShow, spanOf, type View } from "./window.ts";

export interface TableListener {
  /** Takes the aircraft that somebody has chosen. */
  select(icao24: string): void;
  /** Says whether the map shows a place. */
  isVisible(longitude: number, latitude: number): boolean;
}

interface Anchor {
  icao24: string;
  row: number;
}

/** Rows change places at most this often; a little less than the second in which they are told to. */
const SORT_MS = 900;
/** Rows do not run away from under a hand that was here so long ago. */
const HAND_MS = 1_500;
/** Until the style sheet has told. */
const ROW_PX = 32;

export class Table {
  private readonly fleet: Fleet;
  private readonly listener: TableListener;
  private readonly order = new Order();
  private readonly heading = new Heading((column) => this.sortBy(column));
  private readonly field = make("input", {
    type: "search",
    placeholder: "callsign, icao24 or country",
    "aria-label": "Narrow these rows by callsign, icao24 or country",
    autocomplete: "off",
    spellcheck: "false",
    enterkeyhint: "search",
  });
  private readonly visibleOnly = make("input", { type: "checkbox" });
  private readonly counted = make("span", { class: "counted" });
  private readonly empty = make("p", { class: "empty", role: "status" });
  private readonly body = make("div", { role: "rowgroup", class: "body" });
  private readonly grid = make("div", { role: "grid", class: "grid", tabindex: "0" });
  private readonly pool: TableRow[] = [];
  private readonly look: Look;
  private sort: Sort = DEFAULT_SORT;
  private open = false;
  private rowHeight = ROW_PX;
  private height = 0;
  private sorted = Number.NEGATIVE_INFINITY;
  private touched = Number.NEGATIVE_INFINITY;
  private isRevealing = false;

  constructor(host: HTMLElement, fleet: Fleet, listener: TableListener) {
    this.fleet = fleet;
    this.listener = listener;
    this.look = {
      fleet,
      system: "metric",
      now: 0,
      theme: "dark",
      selected: null,
      active: null,
      revision: 0,
    };
    this.build(host);
    this.listen();
    this.heading.showSort(this.sort);
    this.setUnits("metric");
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Say when the host is shown or hidden: while it is hidden nothing is sorted or written. */
  set isOpen(open: boolean) {
    this.open = open;
    this.arrange();
  }

  /**
   * Shows what the fleet holds now; call it each second, and after updates as often as you like.
   *
   * @param now Unix seconds of the server's clock.
   */
  refresh(now: number): void {
    this.look.now = now;
    const time = performance.now();
    if (time - this.sorted >= SORT_MS && time - this.touched >= HAND_MS) {
      const anchor = this.anchor();
      this.arrange();
      this.keep(anchor);
    } else {
      this.draw();
    }
  }

  setUnits(system: System): void {
    this.look.system = system;
    this.heading.showUnits(system);
    this.draw();
  }

  /** Marks the selected aircraft, and scrolls to it if it was not selected here. */
  select(icao24: string | null): void {
    if (icao24 !== this.look.selected) {
      this.look.selected = icao24;
      this.look.active = icao24 ?? this.look.active;
      this.isRevealing = icao24 !== null;
      this.draw();
    }
  }

  /** Puts the cursor into the field that narrows the rows. */
  focus(): void {
    this.field.focus();
  }

  private build(host: HTMLElement): void {
    host.classList.add("aircraft-table");
    this.counted.id = "table-counted";
    this.field.setAttribute("aria-describedby", this.counted.id);
    this.grid.ariaLabel = "Aircraft";
    this.grid.ariaColCount = String(COLUMNS.length);
    const lane = make("div", { class: "lane" });
    const headings = make("div", { role: "rowgroup", class: "headings" }, this.heading.element);
    lane.append(headings, this.body);
    this.grid.append(lane);
    const choice = make("label", {}, this.visibleOnly, "Only what the map shows");
    const bar = make("div", { class: "bar" }, this.field, choice, this.counted);
    host.append(bar, make("div", { class: "frame" }, this.grid, this.empty));
  }

  private listen(): void {
    this.field.addEventListener("input", () => this.restart());
    this.visibleOnly.addEventListener("change", () => this.restart());
    this.grid.addEventListener("scroll", () => this.scroll(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.press(event));
    this.grid.addEventListener("focus", () => this.enter());
    this.grid.addEventListener("blur", () => this.draw());
    this.body.addEventListener("click", ({ target }) => this.click(target as Node));
    for (const event of ["pointermove", "pointerdown"]) {
      this.body.addEventListener(event, () => this.touch(), { passive: true });
    }
    new ResizeObserver(() => this.measure()).observe(this.grid);
  }

  private touch(): void {
    this.touched = performance.now();
    this.isRevealing = false;
  }

  private scroll(): void {
    this.touch();
    this.place();
  }

  /** Other rows than before: they are read from the top. */
  private restart(): void {
    this.grid.scrollTop = 0;
    this.arrange();
  }

  private sortBy(column: Column): void {
    this.sort = nextSort(this.sort, column);
    this.heading.showSort(this.sort);
    this.restart();
  }

  private view(): View {
    const { height, rowHeight } = this;
    return { scrollTop: this.grid.scrollTop, height, rowHeight, rows: this.order.length };
  }

  /** Learns the sizes that the style sheet gives, and makes as many rows as are to be seen. */
  private measure(): void {
    if (this.grid.clientHeight === 0) {
      return;
    }
    const headings = this.heading.element.offsetHeight;
    this.height = Math.max(this.grid.clientHeight - headings, 0);
    this.rowHeight = Number.parseFloat(getComputedStyle(this.body).lineHeight) || ROW_PX;
    while (this.pool.length < poolSize(this.height, this.rowHeight)) {
      const row = new TableRow(`table-row-${this.pool.length}`);
      this.pool.push(row);
      this.body.append(row.element);
    }
    this.draw();
  }

  /** Says anew who has a row, and where. */
  private arrange(): void {
    if (!this.open) {
      return;
    }
    this.sorted = performance.now();
    this.order.arrange(this.fleet, this.sort, this.passes());
    this.tell();
    this.draw();
  }

  /**
   * Gives the aircraft on which the reader's eyes are likely to be: the selected one, or, where rows
   * do not change places by themselves, the topmost.
   */
  private anchor(): Anchor | null {
    const view = this.view();
    const selected = this.rowOf(this.look.selected);
    const isSeen = selected >= 0 && scrollToShow(selected, view) === view.scrollTop;
    const topmost = this.sort.column.isNumber ? -1 : Math.ceil(view.scrollTop / view.rowHeight);
    const row = isSeen ? selected : topmost;
    const icao24 = this.fleet.icao24[this.order.slot(row)] ?? null;
    const isAtTop = view.scrollTop === 0; // who reads the first rows wants to see who becomes first
    return isAtTop || icao24 === null ? null : { icao24, row };
  }

  /** Scrolls along with an aircraft that others have pushed up or down, but not across the table. */
  private keep(anchor: Anchor | null): void {
    const row = anchor === null ? -1 : this.rowOf(anchor.icao24);
    const moved = row < 0 || anchor === null ? 0 : (row - anchor.row) * this.rowHeight;
    if (moved !== 0 && Math.abs(moved) <= this.height) {
      this.grid.scrollTop += moved;
      this.place();
    }
  }

  private passes(): (slot: number) => boolean {
    const isNamed = narrow(this.fleet, this.field.value);
    if (!this.visibleOnly.checked) {
      return isNamed;
    }
    const longitudes = this.fleet.column("longitude");
    const latitudes = this.fleet.column("latitude");
    return (slot) => {
      const latitude = latitudes[slot] as number;
      const isSomewhere = !Number.isNaN(latitude);
      return (
        isSomewhere &&
        isNamed(slot) &&
        this.listener.isVisible(longitudes[slot] as number, latitude)
      );
    };
  }

  private tell(): void {
    const { length } = this.order;
    const all = this.fleet.size;
    const [some, total] = [length.toLocaleString("en"), all.toLocaleString("en")];
    this.counted.textContent = length === all ? `${total} aircraft` : `${some} of ${total}`;
    this.grid.ariaRowCount = String(length + 1);
    this.empty.hidden = length > 0;
    const text = length > 0 ? "" : this.reason();
    if (this.empty.textContent !== text) {
      this.empty.textContent = text;
    }
  }

  private reason(): string {
    const text = this.field.value.trim();
    if (this.fleet.size === 0) {
      return "No aircraft yet. They come with the first snapshot.";
    }
    return text === ""
      ? "The map shows no aircraft. Zoom out, or show all rows again."
      : `No callsign, icao24 or country has “${text}” in it. Write less, or show all rows again.`;
  }

  /** Writes the rows that are to be seen. */
  private draw(): void {
    if (this.open && this.pool.length > 0) {
      this.look.revision += 1;
      this.look.theme = document.documentElement.dataset.theme === "light" ? "light" : "dark";
      this.body.style.height = `${this.order.length * this.rowHeight}px`;
      this.reveal();
      this.place();
    }
  }

  /** Puts the rows where they are to be seen; one that goes out of sight comes in on the other side. */
  private place(): void {
    if (!this.open || this.pool.length === 0) {
      return;
    }
    const { first, end } = spanOf(this.view());
    const used = Math.min(end, first + this.pool.length);
    for (let row = first; row < first + this.pool.length; row++) {
      const place = this.pool[row % this.pool.length] as TableRow;
      if (row < used) {
        place.show(this.order.slot(row), row, this.rowHeight, this.look);
      } else {
        place.element.hidden = true;
      }
    }
    this.point();
  }

  /** Scrolls to the aircraft that was selected elsewhere, as soon as it has a row. */
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
    this.touch();
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

  private choose(icao24: string): void {
    this.look.selected = icao24;
    this.look.active = icao24;
    this.draw();
    this.listener.select(icao24);
  }
}
