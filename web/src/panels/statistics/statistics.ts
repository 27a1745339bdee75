/** The statistics panel: what the fleet consists of, and how data arrive. */

import "./statistics.css";
import { make, put } from "../../core/elements.ts";
import { MISSING, writeAge } from "../../core/units.ts";
import type { Store } from "../../store/store.ts";
import { watch } from "../../store/watch.ts";
import type { FilterName } from "../../stream/query.ts";
import {
  altitudeBars,
  categoryBars,
  categoryNumber,
  countryBars,
  withoutCategory,
} from "./bar-data.ts";
import { Bars } from "./bars.ts";
import { bandMetres, FleetSummary } from "./fleet-summary.ts";
import { RecentTraffic } from "./recent-traffic.ts";
import { Today } from "./today.ts";

export interface StatisticsActions {
  /** Filters by what the user pressed. */
  setFilter(name: FilterName, value: string): void;
}

const MAX_COUNTRIES = 12;
const MAX_CATEGORIES = 6;

export class Statistics {
  private readonly store: Store;
  private readonly summary = new FleetSummary();
  private readonly figures: Record<"aircraft" | "airborne" | "onGround" | "age", HTMLElement>;
  private readonly recent: RecentTraffic;
  private readonly altitudes: Bars;
  private readonly countries: Bars;
  private readonly categories: Bars;
  private readonly withoutCategory: HTMLElement;
  private readonly today: Today;

  constructor(host: HTMLElement, store: Store, actions: StatisticsActions) {
    this.store = store;
    host.classList.add("statistics");
    const list = make("dl", { class: "figures" });
    this.figures = {
      aircraft: figure(list, "aircraft"),
      airborne: figure(list, "airborne"),
      onGround: figure(list, "on the ground"),
      age: figure(list, "position age, median"),
    };
    const grid = make("div", { class: "sections" });
    host.append(list, grid);
    this.recent = new RecentTraffic(section(grid, "Last five minutes", "recent"));
    this.today = new Today(section(grid, "Today by the hour", "today"));
    this.altitudes = new Bars(section(grid, "Altitude", "altitudes"));
    this.countries = new Bars(
      section(grid, "Countries", "countries"),
      (name) => actions.setFilter("country", name),
      (name) => `Show only ${name}`,
    );
    const categories = section(grid, "Category", "categories");
    this.categories = new Bars(
      categories,
      (name) => actions.setFilter("category", categoryNumber(name)),
      (name) => `Show only the category “${name}”`,
    );
    this.withoutCategory = make("p", { class: "notice" });
    categories.append(this.withoutCategory);
    this.subscribe();
  }

  /** Counts the state vectors of every event, also while the panel is closed. */
  onEvent(event: string, data: unknown): void {
    this.recent.onEvent(event, data);
  }

  private subscribe(): void {
    const { store } = this;
    const isOpen = () => store.side.value === "statistics";
    watch(
      () => store.seconds.value,
      () => this.sample(isOpen()),
    );
    watch(
      () => isOpen() && [store.now.value, store.fleetRevision.value, store.units.value],
      (inputs) => {
        if (inputs !== false && !Number.isNaN(store.now.value)) {
          this.render();
        }
      },
    );
    watch(
      () => store.themeName.value,
      () => {
        if (isOpen()) {
          this.renderAltitudes();
        }
      },
    );
  }

  /** Appends this second to the curves. The delay is known only while the panel is open. */
  private sample(isOpen: boolean): void {
    const delay = isOpen ? Math.max(this.store.now.value - this.summary.newest, 0) : Number.NaN;
    const { fleet, fleetRevision } = this.store;
    // Before the first event the number of aircraft is unknown, which is not zero.
    this.recent.sample(fleetRevision.value === 0 ? Number.NaN : fleet.size, delay);
    if (isOpen) {
      this.recent.render();
    }
  }

  private render(): void {
    const { store, summary, figures } = this;
    const now = store.now.value;
    summary.update(store.fleet, now, bandMetres(store.units.value));
    put(figures.aircraft, summary.aircraft.toLocaleString("en"));
    put(figures.airborne, summary.airborne.toLocaleString("en"));
    put(figures.onGround, summary.onGround.toLocaleString("en"));
    put(figures.age, writeAge(summary.medianAge));
    this.recent.render();
    this.renderAltitudes();
    this.countries.render(countryBars(summary, MAX_COUNTRIES));
    this.categories.render(categoryBars(summary, MAX_CATEGORIES));
    const count = withoutCategory(summary);
    put(
      this.withoutCategory,
      count === 0 ? "" : `${count.toLocaleString("en")} aircraft send no category.`,
    );
    this.today.refresh(now);
  }

  private renderAltitudes(): void {
    const { store, summary } = this;
    this.altitudes.render(altitudeBars(summary, store.units.value, store.themeName.value));
  }
}

function section(host: HTMLElement, title: string, name: string): HTMLElement {
  const made = make("section", { class: name }, make("h3", {}, title));
  host.append(made);
  return made;
}

function figure(list: HTMLElement, term: string): HTMLElement {
  const value = make("dd", {}, MISSING);
  list.append(make("div", {}, make("dt", {}, term), value));
  return value;
}
