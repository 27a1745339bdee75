/** A field for a range: two numbers, and a slider with two thumbs for whoever would rather drag. */

import "./range-field.css";
import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeProblem, tellProblem } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";
import { type FieldUnit, fieldUnit, type RangeQuantity, readNumber } from "./unit-fields.ts";

export interface RangeSettings {
  label: string;
  least: FilterName;
  most: FilterName;
  quantity: RangeQuantity;
  edit(): void;
}

export class RangeField implements Field {
  readonly root: HTMLElement;
  private readonly settings: RangeSettings;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly low = makeThumb();
  private readonly high = makeThumb();
  private readonly slider = make("div", { class: "slider", "aria-hidden": "true" });
  private readonly symbol = make("span", { class: "symbol" });
  private readonly problem: HTMLElement;
  private unit: FieldUnit;

  constructor(settings: RangeSettings) {
    this.settings = settings;
    this.unit = fieldUnit(settings.quantity, "metric");
    this.from = makeNumber(`${settings.label} from`);
    this.to = makeNumber(`${settings.label} to`);
    this.problem = makeProblem(`filter-${settings.least}-problem`);
    this.slider.append(make("span", { class: "track" }), this.low, this.high);
    this.root = this.build();
    this.from.addEventListener("input", () => this.type());
    this.to.addEventListener("input", () => this.type());
    this.low.addEventListener("input", () => this.drag(this.low, this.high));
    this.high.addEventListener("input", () => this.drag(this.high, this.low));
    this.setUnits("metric");
  }

  /** Changes what the numbers mean, not the numbers: show them anew afterwards. */
  setUnits(system: System): void {
    this.unit = fieldUnit(this.settings.quantity, system);
    this.symbol.textContent = this.unit.symbol;
    for (const thumb of [this.low, this.high]) {
      thumb.max = String(this.unit.greatest);
      thumb.step = String(this.unit.step);
    }
    this.slide();
  }

  read(): Partial<FilterValues> {
    return { [this.settings.least]: this.from.value, [this.settings.most]: this.to.value };
  }

  show(values: FilterValues): void {
    this.from.value = values[this.settings.least];
    this.to.value = values[this.settings.most];
    this.slide();
  }

  tell(errors: ReadonlyMap<FilterName, string>): void {
    const [least, most] = [errors.get(this.settings.least), errors.get(this.settings.most)];
    tellProblem(this.problem, [this.from, this.to], least ?? most);
    this.from.ariaInvalid = String(least !== undefined);
    this.to.ariaInvalid = String(most !== undefined);
  }

  private build(): HTMLElement {
    const legend = make("legend", {}, this.settings.label);
    const row = make("div", { class: "range" }, this.from, "to", this.to, this.symbol);
    return make("fieldset", { class: "filter-field" }, legend, row, this.slider, this.problem);
  }

  private type(): void {
    this.slide();
    this.settings.edit();
  }

  /** Takes a thumb, which does not pass the other one; at its end it means no limit. */
  private drag(thumb: HTMLInputElement, other: HTMLInputElement): void {
    const isPassing =
      thumb === this.low
        ? thumb.valueAsNumber > other.valueAsNumber
        : thumb.valueAsNumber < other.valueAsNumber;
    if (isPassing) {
      thumb.value = other.value;
    }
    this.from.value = this.low.value === "0" ? "" : this.low.value;
    this.to.value = this.high.valueAsNumber >= this.highest() ? "" : this.high.value;
    this.draw();
    this.settings.edit();
  }

  /** Puts the thumbs where the numbers are. */
  private slide(): void {
    const [from, to] = [readNumber(this.from.value), readNumber(this.to.value)];
    this.low.value = String(Number.isNaN(from) ? 0 : from);
    this.high.value = String(Number.isNaN(to) ? this.unit.greatest : to);
    this.draw();
  }

  private draw(): void {
    const part = (thumb: HTMLInputElement) => thumb.valueAsNumber / this.highest();
    this.slider.style.setProperty("--low", String(part(this.low)));
    this.slider.style.setProperty("--high", String(part(this.high)));
    const isNarrowed = part(this.low) > 0 || part(this.high) < 1;
    this.slider.classList.toggle("narrowed", isNarrowed);
    // Where both are at the end the lower one must be within reach.
    this.low.style.zIndex = part(this.low) > 0.5 ? "1" : "0";
  }

  private highest(): number {
    const { greatest, step } = this.unit;
    return Math.floor(greatest / step) * step;
  }
}

function makeNumber(label: string): HTMLInputElement {
  const input = make("input", {
    type: "text",
    inputmode: "decimal",
    placeholder: "any",
    autocomplete: "off",
    "aria-label": label,
  });
  return input;
}

/** For pointers only: the numbers are the way of keyboards and screen readers. */
function makeThumb(): HTMLInputElement {
  return make("input", { type: "range", min: "0", tabindex: "-1", "aria-hidden": "true" });
}
