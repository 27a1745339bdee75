/** The table of all aircraft: in step with the map, and as long as the fleet. */

import "./table.css";
import { make, put } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Fleet } from "../stream/fleet.ts";
import { Bar } from "./bar.ts";
import type { Column } from "./columns.ts";
import { Heading } from "./heading.ts";
import { DEFAULT_SORT, nextSort, Order, type Sort } from "./order.ts";
import type { Look } from "./row.ts";
import { Rows } from "./rows.ts";

export interface TableListener {
  /** Takes the aircraft that somebody has chosen. */
  select(icao24: string): void;
  /** Says whether the map shows a place; asked for every aircraft, up to once a second. */
  isVisible(longitude: number, latitude: number): boolean;
}

/** Rows change places at most this often: a second, less what its timer may be early. */
const SORT_MS = 900;
/** Rows do not run away from under a hand that was here so long ago. */
const HAND_MS = 1_500;

export class Table {
  private readonly fleet: Fleet;
  private readonly listener: TableListener;
  private readonly look: Look;
  private readonly order = new Order();
  private readonly bar = new Bar(() => this.restart());
  private readonly heading = new Heading((column) => this.sortBy(column));
  private readonly rows: Rows;
  private readonly empty = make("p", { class: "empty", role: "status" });
  private sort: Sort = DEFAULT_SORT;
  private open = false;
  private arranged = Number.NEGATIVE_INFINITY;

  /** @param host Must have a height: the rows scroll in it. */
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
    this.rows = new Rows(this.heading.element, this.order, this.look, (icao24) => {
      this.choose(icao24);
    });
    host.classList.add("aircraft-table");
    host.append(this.bar.element, make("div", { class: "frame" }, this.rows.grid, this.empty));
    this.heading.showSort(this.sort);
    this.heading.showUnits(this.look.system);
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
   * Shows what the fleet holds now; call it each second, and after events as often as you like.
   *
   * @param now Unix seconds of the clock by which ages are told.
   */
  refresh(now: number): void {
    this.look.now = now;
    const time = performance.now();
    if (time - this.arranged >= SORT_MS && time - this.rows.touched >= HAND_MS) {
      const anchor = this.rows.anchor(!this.sort.column.isNumber);
      this.arrange();
      this.rows.keep(anchor);
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
      this.rows.revealSelected();
      this.draw();
    }
  }

  /** Puts the cursor into the field that narrows the rows. */
  focus(): void {
    this.bar.focus();
  }

  private choose(icao24: string): void {
    this.look.selected = icao24;
    this.look.active = icao24;
    this.draw();
    this.listener.select(icao24);
  }

  private sortBy(column: Column): void {
    this.sort = nextSort(this.sort, column);
    this.heading.showSort(this.sort);
    this.restart();
  }

  /** Other rows than before: they are read from the top. */
  private restart(): void {
    this.rows.toTop();
    this.arrange();
  }

  /** Says anew who has a row, and where. */
  private arrange(): void {
    if (!this.open) {
      return;
    }
    this.arranged = performance.now();
    const { listener } = this;
    const passes = this.bar.passes(this.fleet, (longitude, latitude) =>
      listener.isVisible(longitude, latitude),
    );
    this.order.arrange(this.fleet, this.sort, passes);
    this.bar.count(this.order.length, this.fleet.size);
    put(this.empty, this.order.length > 0 ? "" : this.bar.reason(this.fleet.size));
    this.draw();
  }

  private draw(): void {
    if (this.open) {
      this.rows.draw();
    }
  }
}
