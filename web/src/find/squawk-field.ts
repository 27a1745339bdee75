/** The fields of transponder codes: a switch for emergencies, or codes by hand. */

import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import type { Field } from "./field.ts";
import { EMERGENCY, type FilterValues } from "./filter-values.ts";
import { TextField } from "./text-field.ts";

export class SquawkField implements Field {
  readonly root: HTMLElement;
  /** Apart, for it stands elsewhere in the form. */
  readonly emergencies: HTMLElement;
  private readonly codes: TextField;
  private readonly box = make("input", { type: "checkbox" });

  constructor(edit: () => void) {
    this.codes = new TextField({ name: "squawk", label: "Squawk", placeholder: "7000", edit });
    this.root = this.codes.root;
    this.emergencies = make(
      "label",
      { class: "switch", title: "squawk 7500, 7600 and 7700" },
      this.box,
      make("span", {}, "Emergencies only"),
    );
    this.box.addEventListener("change", () => {
      this.codes.input.disabled = this.box.checked;
      edit();
    });
  }

  read(): Partial<FilterValues> {
    return this.box.checked ? { squawk: EMERGENCY } : this.codes.read();
  }

  show(values: FilterValues): void {
    this.box.checked = values.squawk === EMERGENCY;
    this.codes.input.disabled = this.box.checked;
    this.codes.show(this.box.checked ? { ...values, squawk: "" } : values);
  }

  tell(errors: ReadonlyMap<FilterName, string>): void {
    this.codes.tell(errors);
  }
}
