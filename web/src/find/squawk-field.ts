/** The squawk field: a switch for the emergency codes, and a text field for any codes. */

import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import type { Field } from "./field.ts";
import { EMERGENCY_VALUE, type FilterValues } from "./filter-values.ts";
import { TextField } from "./text-field.ts";

export class SquawkField implements Field {
  readonly root: HTMLElement;
  /** The switch, which the form places apart from the text field. */
  readonly emergencies: HTMLElement;
  private readonly codes: TextField;
  private readonly checkbox = make("input", { type: "checkbox" });

  constructor(onEdit: () => void) {
    this.codes = new TextField({ name: "squawk", label: "Squawk", placeholder: "7000", onEdit });
    this.root = this.codes.root;
    this.emergencies = make(
      "label",
      { class: "switch", title: "squawk 7500, 7600 and 7700" },
      this.checkbox,
      make("span", {}, "Emergencies only"),
    );
    this.checkbox.addEventListener("change", () => {
      this.codes.input.disabled = this.checkbox.checked;
      onEdit();
    });
  }

  read(): Partial<FilterValues> {
    return this.checkbox.checked ? { squawk: EMERGENCY_VALUE } : this.codes.read();
  }

  show(values: FilterValues): void {
    this.checkbox.checked = values.squawk === EMERGENCY_VALUE;
    this.codes.input.disabled = this.checkbox.checked;
    this.codes.show(this.checkbox.checked ? { ...values, squawk: "" } : values);
  }

  showErrors(errors: ReadonlyMap<FilterName, string>): void {
    this.codes.showErrors(errors);
  }
}
