/** The controls of the settings panel: units, theme, gliding and labels. */

import type { Signal } from "@preact/signals-core";
import { effect } from "@preact/signals-core";
import { element } from "../core/elements.ts";
import { LABEL_FIELDS, type LabelField } from "../core/label-fields.ts";
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
  for (const field of LABEL_FIELDS) {
    bindLabel(field, store.labels);
  }
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

/** Keeps a checkbox and whether labels show a field equal. */
function bindLabel(field: LabelField, labels: Signal<readonly LabelField[]>): void {
  const box = element<HTMLInputElement>(`label-${field}`);
  box.addEventListener("change", () => {
    labels.value = LABEL_FIELDS.filter((one) =>
      one === field ? box.checked : labels.value.includes(one),
    );
  });
  effect(() => {
    box.checked = labels.value.includes(field);
  });
}
