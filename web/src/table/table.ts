/** The table of all aircraft, sorted and filtered, updated each second. */

import "./table.css";
import { make, put } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Identities } from "../store/identities.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import type { Fleet } from "../stream/fleet.ts";
import { ColumnChoice } from "./column-choice.ts";
import { type Column, columnsToShow, needIdentities } from "./columns.ts";
import { HeadingRow } from "./heading.ts";
import type { RowContext } from "./row.ts";
import { DEFAULT_SORT, nextSort, RowOrder, type Sort } from "./row-order.ts";
import { Rows } from "./rows.ts";
import { Toolbar } from "./toolbar.ts";

export interface TableListener {
  /** Called with the aircraft of a row that was clicked or chosen by Enter. */
  select(icao24: string): void;
  /** Returns whether the map view contains a place; called for every aircraft once a second. */
  isVisible(longitude: number, latitude: number): boolean;
}

/** The least time between two sorts: a second, less what its timer may be early. */
const SORT_INTERVAL_MS = 900;
/** Pause in sorting after the last input, so that no row moves under a pointer. */
const INPUT_PAUSE_MS = 1_500;

export class Table {
  private readonly fleet: Fleet;
  private readonly listener: TableListener;
  private readonly identities: Identities;
  private readonly context: RowContext;
  private readonly order = new RowOrder();
  private readonly toolbar = new Toolbar(() => this.sortFromTop());
  private readonly heading = new HeadingRow((column) => this.sortBy(column));
  private readonly rows: Rows;
  private readonly empty = make("p", { class: "empty", role: "status" });
  private sort: Sort = DEFAULT_SORT;
  private isOpen = false;
  private sortedAt = Number.NEGATIVE_INFINITY;

  /** @param host Must have a height, as the rows scroll in it. */
  constructor(host: HTMLElement, store: Store, identities: Identities, listener: TableListener) {
    this.identities = identities;
    this.fleet = store.fleet;
    this.listener = listener;
    this.context = {
      fleet: store.fleet,
      columns: [],
      home: store.home.value,
      identities,
      system: store.units.value,
      now: store.now.value,
      theme: store.themeName.value,
      selected: null,
      active: null,
      revision: 0,
    };
    this.rows = new Rows(this.heading.element, this.order, this.context, (icao24) => {
      this.choose(icao24);
    });
    host.classList.add("aircraft-table");
    this.toolbar.element.append(new ColumnChoice(store).element);
    host.append(this.toolbar.element, make("div", { class: "frame" }, this.rows.grid, this.empty));
    this.subscribe(store);
  }

  private subscribe(store: Store): void {
    watch(
      () => [store.columns.value, store.home.value] as const,
      ([chosen, home]) => {
        this.context.home = home;
        this.showColumns(columnsToShow(chosen, home !== null));
      },
    );
    watch(
      () => store.units.value,
      (units) => this.setUnits(units),
    );
    watch(
      () => store.icao24.value,
      (icao24) => this.select(icao24),
    );
    watch(
      () => store.isTableOpen.value,
      (isOpen) => {
        // While the table is hidden, nothing is sorted or written.
        this.isOpen = isOpen;
        this.needIdentities();
        this.sortRows();
      },
    );
    watch(
      () => {
        this.identities.revision.value; // reading subscribes to both
        store.fleetRevision.value;
        return [store.now.value, store.themeName.value] as const;
      },
      ([now, theme]) => {
        this.context.now = now;
        this.context.theme = theme;
        this.refresh();
      },
    );
  }

  /** Shows the current fleet; sorts it if the last sort and the last input are long enough ago. */
  private refresh(): void {
    const time = performance.now();
    if (
      time - this.sortedAt >= SORT_INTERVAL_MS &&
      time - this.rows.lastInputAt >= INPUT_PAUSE_MS
    ) {
      const anchor = this.rows.anchor(!this.sort.column.isNumber);
      this.sortRows();
      this.rows.scrollWith(anchor);
    } else {
      this.render();
    }
  }

  private showColumns(columns: readonly Column[]): void {
    this.context.columns = columns;
    if (!columns.includes(this.sort.column)) {
      this.sort = DEFAULT_SORT;
    }
    this.heading.showColumns(columns);
    this.heading.showSort(this.sort);
    this.heading.showUnits(this.context.system);
    this.rows.showColumns();
    this.needIdentities();
    this.sortRows();
  }

  /** The server is asked which aircraft they are only while a column shows it. */
  private needIdentities(): void {
    this.identities.need("table", this.isOpen && needIdentities(this.context.columns));
  }

  private setUnits(system: System): void {
    this.context.system = system;
    this.heading.showUnits(system);
    this.render();
  }

  /** Marks the selected aircraft, and scrolls to it if it was not selected here. */
  private select(icao24: string | null): void {
    if (icao24 !== this.context.selected) {
      this.context.selected = icao24;
      this.context.active = icao24 ?? this.context.active;
      this.rows.revealSelected();
      this.render();
    }
  }

  private choose(icao24: string): void {
    this.context.selected = icao24;
    this.context.active = icao24;
    this.render();
    this.listener.select(icao24);
  }

  private sortBy(column: Column): void {
    this.sort = nextSort(this.sort, column);
    this.heading.showSort(this.sort);
    this.sortFromTop();
  }

  /** Sorts, and scrolls to the top as the rows are other ones than before. */
  private sortFromTop(): void {
    this.rows.scrollToTop();
    this.sortRows();
  }

  /** Filters and sorts the fleet, and renders the rows. */
  private sortRows(): void {
    if (!this.isOpen) {
      return;
    }
    this.sortedAt = performance.now();
    const { listener } = this;
    const hasRow = this.toolbar.rowFilter(
      this.fleet,
      (longitude, latitude) => listener.isVisible(longitude, latitude),
      this.identities,
    );
    this.order.sort(this.fleet, this.sort, hasRow, this.context);
    this.toolbar.showCount(this.order.length, this.fleet.size);
    put(this.empty, this.order.length > 0 ? "" : this.toolbar.emptyReason(this.fleet.size));
    this.render();
  }

  private render(): void {
    if (this.isOpen) {
      this.rows.render();
    }
  }
}
