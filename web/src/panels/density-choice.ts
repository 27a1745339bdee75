/** The choice of a density picture in the panel Layers, with its day and its legend. */

import { effect } from "@preact/signals-core";
import { make, put } from "../core/elements.ts";
import { DENSITY_COLOURS, type DensityLegend, type DensityMap } from "../map/density.ts";
import { isDay } from "../store/overlay-choice.ts";
import type { Store } from "../store/store.ts";
import { change } from "./layer-commands.ts";

const MILLISECONDS = 1_000;

export function renderDensity(store: Store, density: DensityMap): HTMLElement[] {
  const select = make(
    "select",
    { id: "density" },
    make("option", { value: "off" }, "off"),
    make("option", { value: "live" }, "aircraft shown"),
    make("option", { value: "day" }, "a past day"),
  );
  const day = make("input", { id: "density-day", type: "date" });
  const dayLabel = make("label", {}, "Day in UTC", day);
  select.addEventListener("change", () => {
    const present = dayOf(store.now.value);
    const chosen = select.value === "day" ? present : select.value;
    change(store, { density: chosen === "off" ? null : chosen });
  });
  day.addEventListener("change", () => {
    if (isDay(day.value)) {
      change(store, { density: day.value });
    }
  });
  effect(() => {
    const shown = store.overlays.value.density;
    const isOfDay = shown !== null && shown !== "live";
    select.value = isOfDay ? "day" : (shown ?? "off");
    dayLabel.hidden = !isOfDay;
    if (isOfDay) {
      day.value = shown;
    }
  });
  effect(() => {
    day.min = dayOf(store.oldest.value);
    day.max = dayOf(store.newest.value);
  });
  return [make("label", {}, "Density", select), dayLabel, legend(store, density)];
}

function legend(store: Store, density: DensityMap): HTMLElement {
  const bar = make("div", { class: "density-ramp", "aria-hidden": "true" });
  const note = make("p", { class: "note", role: "status" });
  const host = make("div", {}, bar, note);
  effect(() => {
    const shown = density.legend.value;
    host.hidden = shown === null;
    bar.hidden = shown === null || shown.most === 0;
    // The policy of the page allows no style attributes, but the CSSOM.
    const colours = DENSITY_COLOURS[store.themeName.value];
    bar.style.backgroundImage = `linear-gradient(to right, ${colours.join()})`;
    put(note, shown === null ? "" : shown.notice || sentenceOf(shown));
  });
  return host;
}

function sentenceOf({ most, day }: DensityLegend): string {
  const count = most.toLocaleString("en");
  return day === null
    ? `1 to ${count} aircraft in a square`
    : `1 to ${count} minutes of aircraft in a square`;
}

/** Returns the UTC day of a time in Unix seconds; empty if that is not known. */
function dayOf(time: number): string {
  return Number.isNaN(time) ? "" : new Date(time * MILLISECONDS).toISOString().slice(0, 10);
}
