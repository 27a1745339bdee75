/** Creates the filter form, the filter chips, the palette and the table, and subscribes them to the store. */

import type { Actions } from "./actions.ts";
import { element } from "./core/elements.ts";
import { FilterChips } from "./find/filter-chips.ts";
import { FilterForm } from "./find/filter-form.ts";
import { type Command, Palette } from "./find/palette.ts";
import type { MapView } from "./map/map-view.ts";
import type { Store } from "./store/store.ts";
import { watch } from "./store/watch.ts";
import { Table } from "./table/table.ts";

export function createFilterForm(store: Store, actions: Actions, map: MapView): void {
  const form = new FilterForm(element("filter-form"), store.fleet, {
    change: (filters) => actions.setFilters(filters),
    drawArea: () => map.area.draw(),
    mapArea: () => map.area.visible(),
  });
  watch(
    () => store.units.value,
    (units) => form.setUnits(units),
  );
  watch(
    () => store.filters.value,
    (filters) => form.show(filters),
  );
  watch(
    () => store.fleetRevision.value,
    () => form.refresh(),
  );
}

export function createFilterChips(store: Store, actions: Actions): void {
  const chips = new FilterChips(element("chips"), (name) => actions.setFilter(name, null));
  watch(
    () => [store.filters.value, store.units.value] as const,
    ([filters, units]) => chips.show(filters, units),
  );
}

export interface TableOptions {
  visit(icao24: string): void;
  isVisible(longitude: number, latitude: number): boolean;
}

export function createTable(store: Store, { visit, isVisible }: TableOptions): void {
  const table = new Table(element("table"), store.fleet, { select: visit, isVisible });
  watch(
    () => store.units.value,
    (units) => table.setUnits(units),
  );
  watch(
    () => store.icao24.value,
    (icao24) => table.select(icao24),
  );
  watch(
    () => store.isTableOpen.value,
    (isOpen) => {
      table.isOpen = isOpen;
    },
  );
  watch(
    () => [store.now.value, store.fleetRevision.value, store.themeName.value] as const,
    ([now]) => table.refresh(now),
  );
}

export interface PaletteOptions {
  visit(icao24: string): void;
  findFlights(callsign: string): void;
  commands: readonly Command[];
}

export function createPalette(store: Store, actions: Actions, options: PaletteOptions): Palette {
  return new Palette(element<HTMLDialogElement>("palette"), store.fleet, {
    select: (icao24) => options.visit(icao24),
    setFilter: (name, value) => actions.setFilter(name, value),
    findFlights: (callsign) => options.findFlights(callsign),
    system: () => store.units.value,
    commands: options.commands,
  });
}
