/** A filter field for a range: two numbers, and a slider with two thumbs for pointers. */

import "./range-field.css";
import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeProblem, showProblem } from "./field.ts";
import { type FieldUnit, fieldUnit, parseNumber, type RangeQuantity } from "./field-units.ts";
import type { FilterValues } from "./filter-values.ts";

export interface RangeSettings {
  label: string;
  min: FilterName;
  max: FilterName;
  quantity: RangeQuantity;
  onEdit(): void;
}

export class RangeField implements Field {
  readonly root: HTMLElement;
  private readonly settings: RangeSettings;
  private readonly minInput: HTMLInputElement;
  private readonly maxInput: HTMLInputElement;
  private readonly minThumb = makeThumb();
  private readonly maxThumb = makeThumb();
  private readonly slider = make("div", { class: "slider", "aria-hidden": "true" });
  private readonly symbol = make("span", { class: "symbol" });
  private readonly problem: HTMLElement;
  private unit: FieldUnit;

  constructor(settings: RangeSettings) {
    this.settings = settings;
    this.unit = fieldUnit(settings.quantity, "metric");
    this.minInput = makeNumberInput(`${settings.label} from`);
    this.maxInput = makeNumberInput(`${settings.label} to`);
    this.problem = makeProblem(`filter-${settings.min}-problem`);
    this.slider.append(make("span", { class: "track" }), this.minThumb, this.maxThumb);
    this.root = this.build();
    this.minInput.addEventListener("input", () => this.onType());
    this.maxInput.addEventListener("input", () => this.onType());
    this.minThumb.addEventListener("input", () => this.onDrag(this.minThumb, this.maxThumb));
    this.maxThumb.addEventListener("input", () => this.onDrag(this.maxThumb, this.minThumb));
    this.setUnits("metric");
  }

  /** Changes the unit but not the numbers: call `show` afterwards with converted values. */
  setUnits(system: System): void {
    this.unit = fieldUnit(this.settings.quantity, system);
    this.symbol.textContent = this.unit.symbol;
    for (const thumb of [this.minThumb, this.maxThumb]) {
      thumb.max = String(this.unit.sliderMax);
      thumb.step = String(this.unit.sliderStep);
    }
    this.moveThumbs();
  }

  read(): Partial<FilterValues> {
    return { [this.settings.min]: this.minInput.value, [this.settings.max]: this.maxInput.value };
  }

  show(values: FilterValues): void {
    this.minInput.value = values[this.settings.min];
    this.maxInput.value = values[this.settings.max];
    this.moveThumbs();
  }

  showErrors(errors: ReadonlyMap<FilterName, string>): void {
    const [min, max] = [errors.get(this.settings.min), errors.get(this.settings.max)];
    showProblem(this.problem, [this.minInput, this.maxInput], min ?? max);
    this.minInput.ariaInvalid = String(min !== undefined);
    this.maxInput.ariaInvalid = String(max !== undefined);
  }

  private build(): HTMLElement {
    const legend = make("legend", {}, this.settings.label);
    const row = make("div", { class: "range" }, this.minInput, "to", this.maxInput, this.symbol);
    return make("fieldset", { class: "filter-field" }, legend, row, this.slider, this.problem);
  }

  private onType(): void {
    this.moveThumbs();
    this.settings.onEdit();
  }

  /** Applies a dragged thumb, which stops at the other one. At a slider's end it is no limit. */
  private onDrag(thumb: HTMLInputElement, other: HTMLInputElement): void {
    const hasCrossed =
      thumb === this.minThumb
        ? thumb.valueAsNumber > other.valueAsNumber
        : thumb.valueAsNumber < other.valueAsNumber;
    if (hasCrossed) {
      thumb.value = other.value;
    }
    const isMax = this.maxThumb.valueAsNumber >= this.lastStep();
    this.minInput.value = this.minThumb.value === "0" ? "" : this.minThumb.value;
    this.maxInput.value = isMax ? "" : this.maxThumb.value;
    this.renderSlider();
    this.settings.onEdit();
  }

  /** Moves the thumbs to the numbers; a number that is missing is the end of the slider. */
  private moveThumbs(): void {
    const [min, max] = [parseNumber(this.minInput.value), parseNumber(this.maxInput.value)];
    this.minThumb.value = String(Number.isNaN(min) ? 0 : min);
    this.maxThumb.value = String(Number.isNaN(max) ? this.unit.sliderMax : max);
    this.renderSlider();
  }

  private renderSlider(): void {
    const fraction = (thumb: HTMLInputElement) => thumb.valueAsNumber / this.lastStep();
    this.slider.style.setProperty("--low", String(fraction(this.minThumb)));
    this.slider.style.setProperty("--high", String(fraction(this.maxThumb)));
    const isNarrowed = fraction(this.minThumb) > 0 || fraction(this.maxThumb) < 1;
    this.slider.classList.toggle("narrowed", isNarrowed);
    // With both thumbs at the right end the lower one must be on top to be draggable.
    this.minThumb.style.zIndex = fraction(this.minThumb) > 0.5 ? "1" : "0";
  }

  /** Returns the greatest value that a thumb can have: whole steps below the slider's end. */
  private lastStep(): number {
    const { sliderMax, sliderStep } = this.unit;
    return Math.floor(sliderMax / sliderStep) * sliderStep;
  }
}

function makeNumberInput(label: string): HTMLInputElement {
  return make("input", {
    type: "text",
    inputmode: "decimal",
    placeholder: "any",
    autocomplete: "off",
    "aria-label": label,
  });
}

/** Returns a thumb for pointers only: keyboards and screen readers use the number inputs. */
function makeThumb(): HTMLInputElement {
  return make("input", { type: "range", min: "0", tabindex: "-1", "aria-hidden": "true" });
}
