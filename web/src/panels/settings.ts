/** The controls of the settings panel: units, theme and gliding. */

import type { Signal } from "@preact/signals-core";
import { effect } from "@preact/signals-core";
import { element } from "../core/elements.ts";
import type { Store } from "../store/store.ts";

export function renderSettings(store: Store): void {
  bindSelect("units", store.units);
  bindSelect("theme", store.theme);
  const glide = element<HTMLInputElement>("glide");
  glide.addEventListener("change", () => {
    store.isGliding.value = glide.checked;
  });
  effect(() => {
    glide.checked = store.isGliding.value;
  });
  effect(() => {
    document.documentElement.dataset.theme = store.themeName.value;
  });
}

/** Keeps a select element and a signal equal; the options are those of index.html. */
function bindSelect<Value extends string>(id: string, choice: Signal<Value>): void {
  const select = element<HTMLSelectElement>(id);
  select.addEventListener("change", () => {
    choice.value = select.value as Value;
  });
  effect(() => {
    select.value = choice.value;
  });
}
