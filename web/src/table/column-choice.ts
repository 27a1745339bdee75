/** The list in the table's toolbar in which the user chooses the columns. */

import "./column-choice.css";
import { make } from "../core/elements.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { CALLSIGN, COLUMNS, columnsToShow } from "./columns.ts";

export class ColumnChoice {
  readonly element = make("details", { class: "column-choice" });
  private readonly summary = make("summary", { role: "button" }, "Columns");
  private readonly boxes = new Map<string, HTMLInputElement>();
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
    const labels = COLUMNS.filter((column) => column !== CALLSIGN).map(({ field, title }) => {
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => this.choose());
      this.boxes.set(field, box);
      return make("label", {}, box, title);
    });
    const usual = make("button", { type: "button" }, "Usual columns");
    usual.addEventListener("click", () => {
      store.columns.value = null;
    });
    const attributes = { role: "group", "aria-label": "Columns of the table" };
    this.element.append(this.summary, make("div", attributes, ...labels, usual));
    this.listen();
    watch(
      () => [store.columns.value, store.home.value] as const,
      ([chosen, home]) => {
        const shown = new Set(columnsToShow(chosen, home !== null).map(({ field }) => field));
        for (const [field, box] of this.boxes) {
          box.checked = shown.has(field);
        }
        usual.disabled = chosen === null;
      },
    );
  }

  private choose(): void {
    const boxes = [...this.boxes].filter(([, box]) => box.checked);
    this.store.columns.value = [CALLSIGN.field, ...boxes.map(([field]) => field)];
  }

  /** Closes the list as a menu is closed: by Escape, and when the focus or a click goes elsewhere. */
  private listen(): void {
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.element.open) {
        event.preventDefault();
        event.stopPropagation();
        this.element.open = false;
        this.summary.focus();
      }
    });
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !this.element.contains(relatedTarget)) {
        this.element.open = false;
      }
    });
    addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !this.element.contains(target)) {
        this.element.open = false;
      }
    });
  }
}
