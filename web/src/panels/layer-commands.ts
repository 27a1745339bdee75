/** The commands of the panel Layers for the palette and the keyboard. */

import type { MapTools } from "../map/map-tools.ts";
import type { OverlayChoice } from "../store/overlay-choice.ts";
import type { Store } from "../store/store.ts";

export interface SelectionActions {
  addToSelection(icao24s: readonly string[]): void;
}

/** A command as the palette takes it. */
interface LayerCommand {
  name: string;
  keys?: string;
  run(): void;
}

/** @param tools Null without a map, which has no such commands. */
export function layerCommands(
  store: Store,
  tools: MapTools | null,
  actions: SelectionActions,
): LayerCommand[] {
  if (tools === null) {
    return [];
  }
  return [
    { name: "Measure a distance", keys: "m", run: () => tools.measuring.toggle() },
    { name: "Select aircraft in a box", run: () => void tools.box.draw() },
    {
      name: "Select all aircraft in view",
      run: () => actions.addToSelection(tools.aircraftInView()),
    },
    { name: "Tracks of all in view", run: () => tools.showTracksInView() },
    {
      name: "Day and night",
      run: () => change(store, { isNight: !store.overlays.value.isNight }),
    },
  ];
}

/** Changes what the map shows besides the aircraft. */
export function change(store: Store, choice: Partial<OverlayChoice>): void {
  store.overlays.value = { ...store.overlays.value, ...choice };
}
