/** The list of the selected aircraft in the details, while there are several. */

import { effect } from "@preact/signals-core";
import { element, make, put, putInto } from "../core/elements.ts";
import { write } from "../core/units.ts";
import { groupColour } from "../map/group-colours.ts";
import type { MapTools } from "../map/map-tools.ts";
import { allOf, type Selection, withFocus, without } from "../store/selection.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { change } from "./layer-commands.ts";

export interface SelectionListActions {
  setSelection(selection: Selection): void;
  selectionNotice: { readonly value: string };
}

/** The parts of one row, whose texts change with the fleet. */
interface Row {
  icao24: string;
  element: HTMLElement;
  focus: HTMLButtonElement;
  swatch: HTMLElement;
  name: HTMLElement;
  altitude: HTMLElement;
  remove: HTMLButtonElement;
}

/** @param tools Null without a map: then the aircraft have no colours, and none is added by a click. */
export function renderSelection(
  store: Store,
  tools: MapTools | null,
  actions: SelectionListActions,
): void {
  const host = element("selection");
  const title = make("h3", {});
  const list = make("ul", {});
  const notice = make("p", { class: "note", role: "status" });
  host.append(title, list, notice, colouring(store));
  renderAdd(tools);
  let rows: Row[] = [];
  watch(
    () => allOf({ focused: store.icao24.value, others: store.others.value }),
    (icao24s) => {
      host.hidden = icao24s.length < 2;
      putInto("follow", host.hidden ? "Follow" : "Follow all");
      put(title, `${icao24s.length} aircraft selected`);
      const known = new Map(rows.map((row) => [row.icao24, row]));
      rows = icao24s.map((icao24) => known.get(icao24) ?? makeRow(icao24, store, actions));
      const hadFocus = list.contains(document.activeElement);
      list.replaceChildren(...rows.map((row) => row.element));
      if (hadFocus) {
        rows[0]?.focus.focus();
      }
    },
  );
  effect(() => {
    const colours = tools?.colours.value ?? new Map<string, number>();
    store.fleetRevision.value; // reading subscribes to the fleet
    if (store.others.value.length > 0) {
      for (const row of rows) {
        renderRow(row, store, colours.get(row.icao24) ?? 0);
      }
    }
  });
  effect(() => {
    put(notice, actions.selectionNotice.value);
  });
}

/** Lets fingers add aircraft, as a click with Shift does. */
function renderAdd(tools: MapTools | null): void {
  const add = element("add");
  add.hidden = tools === null;
  add.addEventListener("click", () => {
    if (tools !== null) {
      tools.isAdding.value = !tools.isAdding.value;
    }
  });
  effect(() => {
    add.ariaPressed = String(tools?.isAdding.value ?? false);
  });
}

function colouring(store: Store): HTMLElement {
  const select = make(
    "select",
    { id: "track-colours" },
    make("option", { value: "aircraft" }, "by aircraft"),
    make("option", { value: "altitude" }, "by altitude"),
  );
  select.addEventListener("change", () =>
    change(store, { isColouredByAircraft: select.value === "aircraft" }),
  );
  effect(() => {
    select.value = store.overlays.value.isColouredByAircraft ? "aircraft" : "altitude";
  });
  return make("label", {}, "Colour of their tracks", select);
}

function makeRow(icao24: string, store: Store, actions: SelectionListActions): Row {
  const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
  const name = make("span", { class: "name" });
  const altitude = make("span", { class: "altitude" });
  const focus = make("button", { type: "button", class: "focus" }, swatch, name, altitude);
  const remove = make("button", { type: "button", class: "close" }, "×");
  focus.addEventListener("click", () => {
    if (store.icao24.value !== icao24) {
      actions.setSelection(withFocus(store.selection, icao24));
    }
  });
  remove.addEventListener("click", () => actions.setSelection(without(store.selection, icao24)));
  const row = make("li", {}, focus, remove);
  return { icao24, element: row, focus, swatch, name, altitude, remove };
}

function renderRow(row: Row, store: Store, number: number): void {
  const { fleet } = store;
  const slot = fleet.slotOf(row.icao24) ?? -1;
  const name = fleet.text("callsign", slot) ?? row.icao24;
  const isFocused = row.icao24 === store.icao24.value;
  put(row.name, name);
  put(row.altitude, write(fleet.measure("baro_altitude", slot), "altitude", store.units.value));
  row.remove.ariaLabel = `Remove ${name}`;
  row.focus.setAttribute("aria-current", String(isFocused));
  // The track of the focused aircraft has the colours of its altitudes.
  row.swatch.style.backgroundColor = isFocused
    ? "transparent"
    : `rgb(${groupColour(number, store.themeName.value).join(" ")})`;
}
