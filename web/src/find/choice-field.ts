/** A filter field for a choice of a few values, one of which is no filter. */

import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import type { Field } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";

export interface ChoiceSettings {
  name: FilterName;
  label: string;
  /** The value of the stream's parameter, empty for no filter, and its text. */
  choices: readonly (readonly [value: string, text: string])[];
  onEdit(): void;
}

export class ChoiceField implements Field {
  readonly root: HTMLElement;
  private readonly name: FilterName;
  private readonly radios: readonly HTMLInputElement[];

  constructor({ name, label, choices, onEdit }: ChoiceSettings) {
    this.name = name;
    this.radios = choices.map(([value]) => {
      const radio = make("input", { type: "radio", name, value });
      radio.addEventListener("change", onEdit);
      return radio;
    });
    const labels = this.radios.map((radio, index) =>
      make("label", {}, radio, make("span", {}, choices[index]?.[1] ?? "")),
    );
    const group = make("div", { class: "segments" }, ...labels);
    this.root = make("fieldset", { class: "filter-field" }, make("legend", {}, label), group);
  }

  read(): Partial<FilterValues> {
    return { [this.name]: this.radios.find(({ checked }) => checked)?.value ?? "" };
  }

  show(values: FilterValues): void {
    for (const radio of this.radios) {
      radio.checked = radio.value === values[this.name];
    }
  }

  showErrors(): void {} // a choice is always valid
}
