/** The field that filters by airborne or on the ground. */

import { make } from "../core/elements.ts";
import type { Field } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";

const CHOICES: readonly [value: string, label: string][] = [
  ["", "any"],
  ["false", "in the air"],
  ["true", "on the ground"],
];

export class GroundField implements Field {
  readonly root: HTMLElement;
  private readonly radios: readonly HTMLInputElement[];

  constructor(onEdit: () => void) {
    this.radios = CHOICES.map(([value]) => {
      const radio = make("input", { type: "radio", name: "on_ground", value });
      radio.addEventListener("change", onEdit);
      return radio;
    });
    const labels = this.radios.map((radio, index) =>
      make("label", {}, radio, make("span", {}, CHOICES[index]?.[1] ?? "")),
    );
    const choices = make("div", { class: "segments" }, ...labels);
    const legend = make("legend", {}, "In the air or on the ground");
    this.root = make("fieldset", { class: "filter-field" }, legend, choices);
  }

  read(): Partial<FilterValues> {
    return { on_ground: this.radios.find(({ checked }) => checked)?.value ?? "" };
  }

  show({ on_ground }: FilterValues): void {
    for (const radio of this.radios) {
      radio.checked = radio.value === on_ground;
    }
  }

  showErrors(): void {} // a choice is always valid
}
