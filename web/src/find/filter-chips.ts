/** The active filters as buttons over the map; a click removes the filter. */

import "./filter-chips.css";
import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import type { FilterName, Filters } from "../stream/query.ts";
import { describeFilter } from "./filter-descriptions.ts";

export class FilterChips {
  private readonly host: HTMLElement;
  private readonly onRemove: (name: FilterName) => void;
  private readonly chips = new Map<FilterName, HTMLButtonElement>();

  constructor(host: HTMLElement, store: Store, onRemove: (name: FilterName) => void) {
    this.host = host;
    this.onRemove = onRemove;
    host.classList.add("filter-chips");
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", "Active filters");
    host.hidden = true;
    watch(
      () => [store.filters.value, store.units.value] as const,
      ([filters, units]) => this.show(filters, units),
    );
  }

  /** Shows one chip per filter. A filter that stays keeps its button, so it keeps the focus too. */
  private show(filters: Filters, system: System): void {
    const names = [...this.chips.keys()];
    const focused = names.findIndex((name) => this.chips.get(name) === document.activeElement);
    for (const name of names) {
      if (!filters.has(name)) {
        this.chips.get(name)?.remove();
        this.chips.delete(name);
      }
    }
    for (const [name, value] of filters) {
      this.showChip(name, describeFilter(name, value, system));
    }
    this.host.hidden = this.chips.size === 0;
    if (focused >= 0 && !this.chips.has(names[focused] as FilterName)) {
      this.focusChipAt(focused);
    }
  }

  private showChip(name: FilterName, text: string): void {
    const existing = this.chips.get(name);
    if (existing?.firstChild?.textContent === text) {
      return;
    }
    const chip = existing ?? this.addChip(name);
    const cross = make("span", { "aria-hidden": "true" }, "×");
    chip.ariaLabel = `${text}: remove`;
    chip.replaceChildren(make("span", {}, text), cross);
  }

  private addChip(name: FilterName): HTMLButtonElement {
    const chip = make("button", { type: "button", title: "Remove filter" });
    chip.addEventListener("click", () => this.onRemove(name));
    this.chips.set(name, chip);
    this.host.append(chip);
    return chip;
  }

  /** Focuses the chip that took the place of a removed one: keyboard users can remove several. */
  private focusChipAt(index: number): void {
    const remaining = [...this.chips.values()];
    (remaining[index] ?? remaining.at(-1))?.focus();
  }
}
