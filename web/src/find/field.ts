/** What the fields of the filter form have in common: a label, a control, and what is wrong with it. */

import { make, put } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import type { FilterValues } from "./filter-values.ts";

export interface Field {
  readonly root: HTMLElement;
  /** Gives the texts of its parameters. */
  read(): Partial<FilterValues>;
  show(values: FilterValues): void;
  tell(errors: ReadonlyMap<FilterName, string>): void;
}

/** Gives a field's place in the form, with a line for what is wrong. */
export function makeField(title: Node, problem: HTMLElement, ...controls: Node[]): HTMLElement {
  return make("div", { class: "filter-field" }, title, ...controls, problem);
}

export function makeProblem(id: string): HTMLElement {
  const problem = make("p", { class: "problem", id, role: "alert" });
  problem.hidden = true;
  return problem;
}

/** Says beside some inputs what is wrong; nothing if all is well. */
export function tellProblem(
  problem: HTMLElement,
  inputs: readonly HTMLInputElement[],
  text: string | undefined,
): void {
  problem.hidden = text === undefined;
  put(problem, text ?? "");
  for (const input of inputs) {
    input.ariaInvalid = String(text !== undefined);
    if (text === undefined) {
      input.removeAttribute("aria-describedby");
    } else {
      input.setAttribute("aria-describedby", problem.id);
    }
  }
}
