/** The form of all filters: what somebody sets becomes the stream's parameters. */

import "./filter-form.css";
import { CATEGORIES } from "../core/categories.ts";
import { make, put } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { Filters } from "../stream/query.ts";
import { AreaField } from "./area-field.ts";
import type { Field } from "./field.ts";
import {
  categoriesNamed,
  categoryNames,
  type FilterValues,
  isSameFilter,
  readFilters,
  splitNames,
  writeFilters,
} from "./filter-values.ts";
import { GroundField } from "./ground-field.ts";
import { RangeField } from "./range-field.ts";
import { countCategories, countCountries } from "./search.ts";
import { SquawkField } from "./squawk-field.ts";
import { TextField } from "./text-field.ts";
import { type Suggestion, TokenField } from "./token-field.ts";

export interface FilterListener {
  change(filters: Filters): void;
  /** Lets somebody draw a `bbox` on the map; called again it gives that up, as null. */
  drawArea(): Promise<string | null>;
  /** Gives what the map shows now as a `bbox`; null is the globe. */
  mapArea(): string | null;
}

/** Who types is not interrupted by a new picture at each letter. */
const PAUSE_MS = 300;

export class FilterForm {
  private readonly fleet: Fleet;
  private readonly listener: FilterListener;
  private readonly fields: readonly Field[];
  private readonly ranges: readonly RangeField[];
  private readonly passing = make("span", { class: "passing", role: "status" });
  private readonly clearing = make("button", { type: "button" }, "Clear all");
  private filters: Filters = new Map();
  private system: System = "metric";
  private pause: ReturnType<typeof setTimeout> | undefined;
  /** Aircraft by country and category, of the last picture that was whole. */
  private countries = new Map<string, number>();
  private categories = new Map<string, number>();

  constructor(host: HTMLElement, fleet: Fleet, listener: FilterListener) {
    this.fleet = fleet;
    this.listener = listener;
    const edit = () => this.edit();
    const squawk = new SquawkField(edit);
    this.ranges = [rangeField("Altitude", "altitude", edit), rangeField("Speed", "velocity", edit)];
    const [country, category] = [this.countryField(), this.categoryField()];
    const ground = new GroundField(edit);
    const callsign = textField("callsign", "Callsign", "SWR*, DLH4AB", edit);
    const icao24 = textField("icao24", "icao24", "4b1814", edit);
    const area = new AreaField({
      drawArea: () => listener.drawArea(),
      mapArea: () => listener.mapArea(),
      edit,
    });
    this.fields = [country, ...this.ranges, ground, category, squawk, callsign, icao24, area];
    this.build(host, [
      squawk.emergencies,
      country.root,
      ...this.ranges.map(({ root }) => root),
      ground.root,
      category.root,
      callsign.root,
      make("div", { class: "pair" }, icao24.root, squawk.root),
      area.root,
    ]);
    this.fill();
  }

  /** Shows a filter that was set elsewhere; one that this form has told of is there already. */
  show(filters: Filters): void {
    if (!isSameFilter(filters, this.filters)) {
      this.remember();
      this.filters = filters;
      this.fill();
    }
    this.refresh();
  }

  setUnits(system: System): void {
    if (system !== this.system) {
      this.send();
      this.system = system;
      for (const range of this.ranges) {
        range.setUnits(system);
      }
      this.fill();
    }
  }

  /** Writes how many aircraft pass; cheap enough for every update. */
  refresh(): void {
    put(this.passing, `${this.fleet.size.toLocaleString("en")} aircraft`);
  }

  private build(host: HTMLElement, parts: readonly HTMLElement[]): void {
    const head = make("div", { class: "filter-head" }, this.passing, this.clearing);
    this.clearing.addEventListener("click", () => this.clear());
    const form = make("form", { "aria-label": "Filters" }, head, ...parts);
    form.addEventListener("submit", (event) => event.preventDefault());
    // Without a button to submit it, a form of several fields takes no Enter by itself.
    form.addEventListener("keydown", ({ key, target }) => {
      if (key === "Enter" && target instanceof HTMLInputElement) {
        this.send();
      }
    });
    host.classList.add("filter-form");
    host.replaceChildren(form);
  }

  private edit(): void {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.send(), PAUSE_MS);
  }

  /** Tells of what the fields mean, if that has changed. */
  private send(): void {
    clearTimeout(this.pause);
    const values = Object.assign({}, ...this.fields.map((field) => field.read())) as FilterValues;
    const { filters, errors } = writeFilters(values, this.system, this.filters);
    for (const field of this.fields) {
      field.tell(errors);
    }
    this.change(filters);
  }

  private change(filters: Filters): void {
    this.clearing.disabled = filters.size === 0;
    if (!isSameFilter(filters, this.filters)) {
      this.remember();
      this.filters = filters;
      this.listener.change(filters);
    }
  }

  private clear(): void {
    clearTimeout(this.pause);
    this.change(new Map());
    this.fill();
  }

  /** Writes the filter into the fields. */
  private fill(): void {
    clearTimeout(this.pause);
    const values = readFilters(this.filters, this.system);
    for (const field of this.fields) {
      field.show(values);
      field.tell(new Map());
    }
    this.clearing.disabled = this.filters.size === 0;
  }

  /** Counts what may be suggested; a picture that is filtered does not know the others. */
  private remember(): void {
    const [countries, categories] = [countCountries(this.fleet), countCategories(this.fleet)];
    const isWhole = this.filters.size === 0 && this.fleet.size > 0;
    this.countries = isWhole ? countries : new Map([...countries, ...this.countries]);
    this.categories = isWhole ? categories : new Map([...categories, ...this.categories]);
  }

  private countryField(): TokenField {
    return new TokenField({
      name: "country",
      label: "Country",
      placeholder: "any",
      isFree: true,
      suggest: () => this.suggestCountries(),
      toNames: splitNames,
      toValue: (names) => names.join(),
      edit: () => this.edit(),
    });
  }

  private categoryField(): TokenField {
    return new TokenField({
      name: "category",
      label: "Category",
      placeholder: "any",
      isFree: false,
      suggest: () => this.suggestCategories(),
      toNames: categoryNames,
      toValue: (names) => names.map((name) => categoriesNamed(name) || name).join(),
      edit: () => this.edit(),
    });
  }

  private suggestCountries(): Suggestion[] {
    this.remember();
    const countries = [...this.countries].map(([name, aircraft]) => ({ name, aircraft }));
    return countries.sort((one, other) => other.aircraft - one.aircraft);
  }

  private suggestCategories(): Suggestion[] {
    this.remember();
    const names = [...new Set(CATEGORIES)];
    const all = names.map((name) => ({ name, aircraft: this.categories.get(name) ?? 0 }));
    return all.sort((one, other) => other.aircraft - one.aircraft);
  }
}

function rangeField(label: string, measure: "altitude" | "velocity", edit: () => void) {
  const quantity = measure === "velocity" ? "speed" : measure;
  return new RangeField({
    label,
    least: `min_${measure}`,
    most: `max_${measure}`,
    quantity,
    edit,
  });
}

function textField(
  name: "callsign" | "icao24",
  label: string,
  placeholder: string,
  edit: () => void,
): TextField {
  return new TextField({ name, label, placeholder, edit });
}
