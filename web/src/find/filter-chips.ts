/** What narrows the view, as chips in words: pressed, one is taken away. */

import "./filter-chips.css";
import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { FilterName, Filters } from "../stream/query.ts";
import { describeFilter } from "./filter-words.ts";

export class FilterChips {
  private readonly host: HTMLElement;
  private readonly remove: (name: FilterName) => void;
  private readonly chips = new Map<FilterName, HTMLButtonElement>();

  constructor(host: HTMLElement, remove: (name: FilterName) => void) {
    this.host = host;
    this.remove = remove;
    host.classList.add("filter-chips");
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", "What narrows the view");
    host.hidden = true;
  }

  /** A chip that stays is the same button as before: it can be pressed, and keeps the focus. */
  show(filters: Filters, system: System): void {
    const places = [...this.chips.keys()];
    const focused = places.findIndex((name) => this.chips.get(name) === document.activeElement);
    for (const name of places) {
      if (!filters.has(name)) {
        this.chips.get(name)?.remove();
        this.chips.delete(name);
      }
    }
    for (const [name, value] of filters) {
      this.write(name, describeFilter(name, value, system));
    }
    this.host.hidden = this.chips.size === 0;
    if (focused >= 0 && !this.chips.has(places[focused] as FilterName)) {
      this.focusNear(focused);
    }
  }

  private write(name: FilterName, text: string): void {
    const known = this.chips.get(name);
    if (known?.firstChild?.textContent === text) {
      return;
    }
    const chip = known ?? this.add(name);
    const cross = make("span", { "aria-hidden": "true" }, "×");
    chip.ariaLabel = `${text}: remove`;
    chip.replaceChildren(make("span", {}, text), cross);
  }

  private add(name: FilterName): HTMLButtonElement {
    const chip = make("button", { type: "button", title: "Remove" });
    chip.addEventListener("click", () => this.remove(name));
    this.chips.set(name, chip);
    this.host.append(chip);
    return chip;
  }

  /** Whoever takes several away by the keyboard goes on from where the last one was. */
  private focusNear(place: number): void {
    const left = [...this.chips.values()];
    (left[place] ?? left.at(-1))?.focus();
  }
}
