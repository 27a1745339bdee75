/** The panel Layers: base map, night, density, tracks in view, selecting, measuring, and a file. */

import { effect } from "@preact/signals-core";
import { element, make, put } from "../core/elements.ts";
import type { MapTools } from "../map/map-tools.ts";
import type { GroupTracks } from "../store/group-tracks.ts";
import { PACKAGED } from "../store/overlay-choice.ts";
import type { Store } from "../store/store.ts";
import { renderDensity } from "./density-choice.ts";
import { renderFile } from "./file-choice.ts";
import { change, type SelectionActions } from "./layer-commands.ts";
import { uncoverMap } from "./panels.ts";

/** @param tools Null without a map. */
export function renderLayers(
  store: Store,
  tools: MapTools | null,
  group: GroupTracks,
  actions: SelectionActions,
): void {
  const body = element("layers-body");
  if (tools === null) {
    body.append(make("p", {}, "Layers and tools need the map, which this browser cannot draw."));
    return;
  }
  body.append(
    baseMap(store),
    night(store),
    ...renderDensity(store, tools.density),
    make("h3", {}, "Several aircraft"),
    ...severalAircraft(store, tools, group, actions),
    make("h3", {}, "Measure"),
    measure(store, tools),
    make("h3", {}, "Your own file"),
    ...renderFile(store, tools.file),
  );
}

/** Returns the choice of a base map, which is hidden while the server has none of its own. */
function baseMap(store: Store): HTMLElement {
  const select = make("select", { id: "base-map" });
  const label = make("label", {}, "Base map", select);
  select.addEventListener("change", () => change(store, { base: select.value }));
  effect(() => {
    const layers = store.configuration.value?.tile_layers ?? [];
    const names = layers.map(({ name }) => make("option", { value: name }, name));
    select.replaceChildren(...names, make("option", { value: PACKAGED }, "Natural Earth"));
    label.hidden = layers.length === 0;
    const base = store.overlays.value.base;
    const isKnown = base === PACKAGED || layers.some(({ name }) => name === base);
    select.value = (isKnown ? base : layers[0]?.name) ?? PACKAGED;
  });
  return label;
}

function night(store: Store): HTMLElement {
  const box = make("input", { id: "night", type: "checkbox" });
  box.addEventListener("change", () => change(store, { isNight: box.checked }));
  effect(() => {
    box.checked = store.overlays.value.isNight;
  });
  const hint = make("small", {}, "shades the night and its twilights at the time shown");
  return make("label", { class: "switch" }, box, make("span", {}, "Day and night ", hint));
}

function severalAircraft(
  store: Store,
  tools: MapTools,
  group: GroupTracks,
  actions: SelectionActions,
): HTMLElement[] {
  const inBox = button("Select in a box", () => {
    uncoverMap(store);
    void tools.box.draw();
  });
  inBox.title = "Or drag with Shift on the map";
  const inView = button("Select all in view", () => actions.addToSelection(tools.aircraftInView()));
  const tracks = button("Tracks of all in view", () =>
    group.inView.value.length > 0 ? group.showInView([]) : tools.showTracksInView(),
  );
  const notice = make("p", { class: "note", role: "status" });
  effect(() => {
    const count = group.inView.value.length;
    tracks.ariaPressed = String(count > 0);
    put(
      notice,
      group.notice.value || (count > 0 ? `The tracks of ${count} aircraft are shown.` : ""),
    );
  });
  return [make("div", { class: "buttons" }, inBox, inView, tracks), notice];
}

function measure(store: Store, tools: MapTools): HTMLElement {
  const measuring = button("Measure a distance", () => {
    uncoverMap(store);
    tools.measuring.toggle();
  });
  effect(() => {
    measuring.ariaPressed = String(tools.measuring.isOn.value);
  });
  return make("div", { class: "buttons" }, measuring);
}

function button(name: string, run: () => void): HTMLButtonElement {
  const made = make("button", { type: "button" }, name);
  made.addEventListener("click", run);
  return made;
}
