/** What the picture is made of, and how it comes in: the numbers of this second. */

import "./statistics.css";
import { make, put } from "../../core/elements.ts";
import { MISSING, type System, writeAge } from "../../core/units.ts";
import type { ThemeName } from "../../map/theme.ts";
import type { Fleet } from "../../stream/fleet.ts";
import type { FilterName } from "../../stream/view.ts";
import { Bars } from "./bars.ts";
import { Flow } from "./flow.ts";
import { altitudeBars, categoryBars, categoryNumber, countryBars, untold } from "./shares.ts";
import { bandMetres, Tally } from "./tally.ts";
import { Today } from "./today.ts";

export interface StatisticsListener {
  /** Takes what somebody wants to see only. */
  setFilter(name: FilterName, value: string): void;
}

const COUNTRIES = 12;
const CATEGORIES = 6;

export class Statistics {
  private readonly fleet: Fleet;
  private readonly tally = new Tally();
  private readonly figures: Record<"aircraft" | "airborne" | "onGround" | "age", HTMLElement>;
  private readonly flow: Flow;
  private readonly altitudes: Bars;
  private readonly countries: Bars;
  private readonly categories: Bars;
  private readonly untold: HTMLElement;
  private readonly today: Today;
  private system: System = "metric";
  private now = Number.NaN;
  private open = false;

  constructor(host: HTMLElement, fleet: Fleet, listener: StatisticsListener) {
    this.fleet = fleet;
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
    this.flow = new Flow(section(grid, "Last five minutes", "flow"));
    this.today = new Today(section(grid, "Today by the hour", "today"));
    this.altitudes = new Bars(section(grid, "Altitude", "altitudes"));
    this.countries = new Bars(
      section(grid, "Countries", "countries"),
      (name) => listener.setFilter("country", name),
      (name) => `Show only ${name}`,
    );
    const kinds = section(grid, "Category", "categories");
    this.categories = new Bars(
      kinds,
      (name) => listener.setFilter("category", categoryNumber(name)),
      (name) => `Show only the category “${name}”`,
    );
    this.untold = make("p", { class: "notice" });
    kinds.append(this.untold);
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Say when the host is shown or hidden: while it is hidden nothing is counted but what comes in. */
  set isOpen(open: boolean) {
    this.open = open;
    this.show();
  }

  /** Takes every event of the stream. */
  hear(event: string, data: unknown): void {
    this.flow.hear(event, data);
  }

  /**
   * Call it each second, also while the host is hidden.
   *
   * @param now Unix seconds of the server's clock.
   */
  refresh(now: number): void {
    this.now = now;
    if (this.open) {
      this.count();
    }
    const delay = this.open ? Math.max(now - this.tally.newest, 0) : Number.NaN;
    this.flow.keep(this.fleet.size, delay);
    this.write();
  }

  setUnits(system: System): void {
    this.system = system;
    this.show();
  }

  private count(): void {
    this.tally.take(this.fleet, this.now, bandMetres(this.system));
  }

  private show(): void {
    if (this.open && !Number.isNaN(this.now)) {
      this.count();
      this.write();
    }
  }

  private write(): void {
    if (!this.open) {
      return;
    }
    const { tally } = this;
    const theme: ThemeName = document.documentElement.dataset.theme === "light" ? "light" : "dark";
    put(this.figures.aircraft, tally.aircraft.toLocaleString("en"));
    put(this.figures.airborne, tally.airborne.toLocaleString("en"));
    put(this.figures.onGround, tally.onGround.toLocaleString("en"));
    put(this.figures.age, writeAge(tally.medianAge));
    this.flow.write();
    this.altitudes.show(altitudeBars(tally, this.system, theme));
    this.countries.show(countryBars(tally, COUNTRIES));
    this.categories.show(categoryBars(tally, CATEGORIES));
    const silent = untold(tally);
    put(this.untold, silent === 0 ? "" : `${silent.toLocaleString("en")} have not told theirs.`);
    this.today.refresh(this.now);
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
