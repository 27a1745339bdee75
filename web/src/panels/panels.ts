/** Opens and closes the panels: one at a time beside the map, and the table below it. */

import { element } from "../core/elements.ts";
import { isSmall, onSmall } from "../core/screen.ts";
import { SIDES, type Side } from "../store/address.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";

export interface PanelActions {
  toggle(side: Side): void;
  toggleTable(): void;
}

export function renderPanels(store: Store, actions: PanelActions): void {
  for (const side of SIDES) {
    element(`open-${side}`).addEventListener("click", () => actions.toggle(side));
    element(`close-${side}`).addEventListener("click", () => {
      store.side.value = null;
    });
  }
  element("open-table").addEventListener("click", () => actions.toggleTable());
  let open: Side | null = null;
  watch(
    () => store.side.value,
    (side) => {
      showSide(side);
      moveFocus(open, side);
      open = side;
    },
  );
  watch(
    () => store.isTableOpen.value,
    (isOpen) => {
      element("table").hidden = !isOpen;
      element("open-table").ariaExpanded = String(isOpen);
      document.body.classList.toggle("has-table", isOpen);
    },
  );
  showOneIfSmall(store);
}

/** In a small window a panel and the table would cover each other: the one that opens closes the other. */
function showOneIfSmall(store: Store): void {
  watch(
    () => store.side.value,
    (side) => {
      if (side !== null && isSmall()) {
        store.isTableOpen.value = false;
      }
    },
  );
  watch(
    () => store.isTableOpen.value,
    (isOpen) => {
      if (isOpen && isSmall()) {
        store.side.value = null;
      }
    },
  );
  onSmall(() => {
    store.isTableOpen.value &&= store.side.value === null;
  });
}

/** Closes what covers the map and the details, if the window is too small for both. */
export function uncoverMap(store: Store): void {
  if (isSmall()) {
    store.side.value = null;
    store.isTableOpen.value = false;
  }
}

function showSide(side: Side | null): void {
  for (const name of SIDES) {
    const isOpen = name === side;
    element(name).hidden = !isOpen;
    element(`open-${name}`).ariaExpanded = String(isOpen);
  }
  document.body.classList.toggle("has-side", side !== null);
}

/** Moves the focus into an opened panel, to its main field or its title; when a panel closes, back to the button that opened it. */
function moveFocus(before: Side | null, side: Side | null): void {
  if (side !== null) {
    // A field would open the keyboard of a phone.
    const first = matchMedia("(pointer: coarse)").matches ? "h2" : "[data-first-focus], h2";
    const found = [...element(side).querySelectorAll<HTMLElement>(first)];
    (found.find(({ dataset }) => "firstFocus" in dataset) ?? found[0])?.focus();
  } else if (before !== null && element(before).contains(document.activeElement)) {
    element(`open-${before}`).focus();
  }
}
