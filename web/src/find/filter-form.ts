/** The form of all filters: turns its fields into parameters of the stream. */

import "./filter-form.css";
import { CATEGORIES } from "../core/categories.ts";
import { make, put } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { Filters } from "../stream/query.ts";
import { AreaField } from "./area-field.ts";
import { ChoiceField } from "./choice-field.ts";
import type { Field } from "./field.ts";
import {
  categoriesNamed,
  categoryNames,
  type FilterValues,
  isSameFilter,
  parseFieldValues,
  splitNames,
  toFieldValues,
} from "./filter-values.ts";
import { RangeField } from "./range-field.ts";
import { countCategories, countCountries, type NameCount, toNameCounts } from "./search.ts";
import { SquawkField } from "./squawk-field.ts";
import { TextField } from "./text-field.ts";
import { TokenField } from "./token-field.ts";

export interface FilterActions {
  setFilters(filters: Filters): void;
  /** Starts drawing, or cancels it if drawing. Resolves to a `bbox`, or null if cancelled. */
  drawArea(): Promise<string | null>;
  /** Returns the map view as a `bbox`; null if the whole globe is visible. */
  mapArea(): string | null;
}

const GROUND = {
  name: "on_ground",
  label: "In the air or on the ground",
  choices: [
    ["", "any"],
    ["false", "in the air"],
    ["true", "on the ground"],
  ],
} as const;
const MILITARY = {
  name: "military",
  label: "Military or civil",
  choices: [
    ["", "any"],
    ["false", "civil"],
    ["true", "military"],
  ],
} as const;

/** Delay after the last key press: each change of the filters opens another stream. */
const TYPING_PAUSE_MS = 300;

export class FilterForm {
  private readonly fleet: Fleet;
  private readonly actions: FilterActions;
  private readonly fields: readonly Field[];
  private readonly ranges: readonly RangeField[];
  private readonly matching = make("span", { class: "matching", role: "status" });
  private readonly clearButton = make("button", { type: "button" }, "Clear all");
  private filters: Filters = new Map();
  private system: System = "metric";
  private typingPause: ReturnType<typeof setTimeout> | undefined;
  /** Aircraft by country and by category name, from the last fleet that was not filtered. */
  private countries = new Map<string, number>();
  private categories = new Map<string, number>();

  constructor(host: HTMLElement, store: Store, actions: FilterActions) {
    this.fleet = store.fleet;
    this.actions = actions;
    const onEdit = () => this.onEdit();
    const squawk = new SquawkField(onEdit);
    this.ranges = [
      rangeField("Altitude", "altitude", onEdit),
      rangeField("Speed", "velocity", onEdit),
    ];
    const [country, category] = [this.countryField(), this.categoryField()];
    const ground = new ChoiceField({ ...GROUND, onEdit });
    const military = new ChoiceField({ ...MILITARY, onEdit });
    const registration = textField("registration", "Registration", "HB-JNA", onEdit);
    const type = textField("type", "Type", "A320, B738", onEdit);
    const operator = textField("operator", "Operator", "Swiss, DLH", onEdit);
    const callsign = textField("callsign", "Callsign", "SWR*, DLH4AB", onEdit);
    const icao24 = textField("icao24", "icao24", "4b1814", onEdit);
    const area = new AreaField({
      drawArea: () => actions.drawArea(),
      mapArea: () => actions.mapArea(),
      onEdit,
    });
    this.fields = [
      ...[country, ...this.ranges, ground, category, squawk, callsign, icao24, area],
      ...[registration, type, operator, military],
    ];
    this.build(host, [
      squawk.emergencies,
      country.root,
      ...this.ranges.map(({ root }) => root),
      ground.root,
      category.root,
      callsign.root,
      make("div", { class: "pair" }, icao24.root, squawk.root),
      make("div", { class: "pair" }, registration.root, type.root),
      operator.root,
      military.root,
      area.root,
    ]);
    this.fill();
    watch(
      () => store.units.value,
      (units) => this.setUnits(units),
    );
    watch(
      () => store.filters.value,
      (filters) => this.show(filters),
    );
    watch(
      () => store.fleetRevision.value,
      () => this.showCount(),
    );
  }

  /** Shows filters that were set elsewhere; the form's own filters leave its fields untouched. */
  private show(filters: Filters): void {
    if (!isSameFilter(filters, this.filters)) {
      this.updateSuggestions();
      this.filters = filters;
      this.fill();
    }
  }

  private setUnits(system: System): void {
    if (system !== this.system) {
      this.apply();
      this.system = system;
      for (const range of this.ranges) {
        range.setUnits(system);
      }
      this.fill();
    }
  }

  /** Writes how many aircraft match. */
  private showCount(): void {
    put(this.matching, `${this.fleet.size.toLocaleString("en")} aircraft`);
  }

  private build(host: HTMLElement, parts: readonly HTMLElement[]): void {
    const head = make("div", { class: "filter-head" }, this.matching, this.clearButton);
    this.clearButton.addEventListener("click", () => this.clear());
    const form = make("form", { "aria-label": "Filters" }, head, ...parts);
    form.addEventListener("submit", (event) => event.preventDefault());
    // A form of several fields without a submit button does not submit on Enter.
    form.addEventListener("keydown", ({ key, target }) => {
      if (key === "Enter" && target instanceof HTMLInputElement) {
        this.apply();
      }
    });
    host.classList.add("filter-form");
    host.replaceChildren(form);
  }

  private onEdit(): void {
    clearTimeout(this.typingPause);
    this.typingPause = setTimeout(() => this.apply(), TYPING_PAUSE_MS);
  }

  /** Reads all fields, shows their errors, and passes the filters on if they have changed. */
  private apply(): void {
    clearTimeout(this.typingPause);
    const values = Object.assign({}, ...this.fields.map((field) => field.read())) as FilterValues;
    const { filters, errors } = parseFieldValues(values, this.system, this.filters);
    for (const field of this.fields) {
      field.showErrors(errors);
    }
    this.setFilters(filters);
  }

  private setFilters(filters: Filters): void {
    this.clearButton.disabled = filters.size === 0;
    if (!isSameFilter(filters, this.filters)) {
      this.updateSuggestions();
      this.filters = filters;
      this.actions.setFilters(filters);
    }
  }

  private clear(): void {
    clearTimeout(this.typingPause);
    this.setFilters(new Map());
    this.fill();
  }

  /** Writes the filters into the fields. */
  private fill(): void {
    clearTimeout(this.typingPause);
    const values = toFieldValues(this.filters, this.system);
    for (const field of this.fields) {
      field.show(values);
      field.showErrors(new Map());
    }
    this.clearButton.disabled = this.filters.size === 0;
  }

  /** Counts countries and categories; a filtered fleet only adds to the counts of the others. */
  private updateSuggestions(): void {
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
      isFreeText: true,
      suggest: () => this.suggestCountries(),
      toNames: splitNames,
      toValue: (names) => names.join(),
      onEdit: () => this.onEdit(),
    });
  }

  private categoryField(): TokenField {
    return new TokenField({
      name: "category",
      label: "Category",
      placeholder: "any",
      isFreeText: false,
      suggest: () => this.suggestCategories(),
      toNames: categoryNames,
      toValue: (names) => names.map((name) => categoriesNamed(name) || name).join(),
      onEdit: () => this.onEdit(),
    });
  }

  private suggestCountries(): NameCount[] {
    this.updateSuggestions();
    return toNameCounts(this.countries);
  }

  private suggestCategories(): NameCount[] {
    this.updateSuggestions();
    const names = [...new Set(CATEGORIES)];
    return names.map((name) => ({ name, aircraft: this.categories.get(name) ?? 0 }));
  }
}

function rangeField(label: string, measure: "altitude" | "velocity", onEdit: () => void) {
  const quantity = measure === "velocity" ? "speed" : measure;
  return new RangeField({
    label,
    min: `min_${measure}`,
    max: `max_${measure}`,
    quantity,
    onEdit,
  });
}

function textField(
  name: "callsign" | "icao24" | "registration" | "type" | "operator",
  label: string,
  placeholder: string,
  onEdit: () => void,
): TextField {
  return new TextField({ name, label, placeholder, onEdit });
}
