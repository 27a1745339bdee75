/** The interface of a filter form's field, and the elements that all fields share. */

import { make, put } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import type { FilterValues } from "./filter-values.ts";

/** One field of the filter form. It edits one or several stream parameters as texts. */
export interface Field {
  readonly root: HTMLElement;
  /** Returns the text of each parameter that this field edits; an empty text is no filter. */
  read(): Partial<FilterValues>;
  show(values: FilterValues): void;
  /** Shows the error of each of its parameters, and clears those that have none. */
  showErrors(errors: ReadonlyMap<FilterName, string>): void;
}

/** Returns the element of a field: title, controls, and the line for its error. */
export function makeField(title: Node, problem: HTMLElement, ...controls: Node[]): HTMLElement {
  return make("div", { class: "filter-field" }, title, ...controls, problem);
}

/** Returns the hidden line in which `showProblem` writes. */
export function makeProblem(id: string): HTMLElement {
  const problem = make("p", { class: "problem", id, role: "alert" });
  problem.hidden = true;
  return problem;
}

/** Marks inputs as invalid and writes why; `undefined` marks them as valid. */
export function showProblem(
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
