/** A filter field for several values, separated by commas or spaces. */

import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeField, makeProblem, showProblem } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";

export interface TextSettings {
  name: FilterName;
  label: string;
  placeholder: string;
  onEdit(): void;
}

export class TextField implements Field {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  private readonly name: FilterName;
  private readonly problem: HTMLElement;

  constructor({ name, label, placeholder, onEdit }: TextSettings) {
    const id = `filter-${name}`;
    this.name = name;
    this.input = make("input", { id, type: "text", placeholder, autocomplete: "off" });
    this.input.spellcheck = false;
    this.input.addEventListener("input", onEdit);
    this.problem = makeProblem(`${id}-problem`);
    this.root = makeField(make("label", { for: id }, label), this.problem, this.input);
  }

  read(): Partial<FilterValues> {
    return { [this.name]: this.input.value };
  }

  show(values: FilterValues): void {
    this.input.value = values[this.name];
  }

  showErrors(errors: ReadonlyMap<FilterName, string>): void {
    showProblem(this.problem, [this.input], errors.get(this.name));
  }
}
