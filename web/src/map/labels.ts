/** Labels with the callsigns of the selected and the hovered aircraft. */

import "./labels.css";
import type { Map as MapLibre } from "maplibre-gl";
import { element, make, put } from "../core/elements.ts";
import { screenScale } from "../core/screen.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { AircraftOverlay } from "./aircraft-overlay.ts";
import { longitudeNear } from "./antimeridian.ts";
import { type Point, positionOf } from "./dead-reckoning.ts";
import { OFFSET_PX, WORLD_PX } from "./label-candidates.ts";

/** How long a count of the aircraft in a place counts: for another one, all have to be looked at. */
const COUNT_MS = 500;

interface Counted {
  slot: number;
  zoom: number;
  others: number;
  /** Milliseconds of a clock that never steps. */
  at: number;
}

export class Labels {
  private readonly map: MapLibre;
  private readonly fleet: Fleet;
  private readonly overlay: AircraftOverlay;
  /** By the id in index.html: the label, and one for each further copy of the world. */
  private readonly labels = new Map<string, HTMLElement[]>();
  private readonly counted = new Map<string, Counted>();

  constructor(map: MapLibre, fleet: Fleet, overlay: AircraftOverlay) {
    this.map = map;
    this.fleet = fleet;
    this.overlay = overlay;
  }

  /** Moves the labels to their aircraft; called after each drawing. */
  move(): void {
    const { selected, hovered } = this.overlay;
    this.place("selected-label", selected);
    this.place("hovered-label", hovered === selected ? null : hovered);
  }

  private place(id: string, slot: number | null): void {
    const position = slot === null ? null : positionOf(this.fleet, slot, this.overlay.glideTime);
    const isShown = slot !== null && position !== null;
    const text = isShown ? this.textOf(id, slot) : "";
    const points = isShown ? this.pointsOf(position) : [];
    const offset = OFFSET_PX * screenScale();
    for (const [index, label] of this.labelsFor(id, points.length).entries()) {
      const point = points[index];
      label.hidden = point === undefined;
      if (point === undefined) {
        continue;
      }
      const [x, y] = point;
      label.style.translate = `${(x + offset).toFixed(1)}px ${(y - offset).toFixed(1)}px`;
      put(label, text);
    }
  }

  /** Returns the callsign, what the other labels show, and how many other aircraft are in the same place, which further clicks select. */
  private textOf(id: string, slot: number): string {
    const name = this.fleet.text("callsign", slot) ?? this.fleet.icao24[slot] ?? "";
    const others = this.othersAt(id, slot);
    const title = others > 0 ? `${name} +${others}` : name;
    return [title, ...this.overlay.labels.valuesOf(slot)].join("\n");
  }

  /** Returns how many other aircraft are in the place of one, as counted up to COUNT_MS ago. */
  private othersAt(id: string, slot: number): number {
    const [zoom, now] = [this.map.getZoom(), performance.now()];
    const before = this.counted.get(id);
    if (before?.slot === slot && before.zoom === zoom && now - before.at < COUNT_MS) {
      return before.others;
    }
    const others = this.overlay.stackOf(slot).length - 1;
    this.counted.set(id, { slot, zoom, others, at: now });
    return others;
  }

  /** Returns where a place is in each copy of the world that is visible. */
  private pointsOf([longitude, latitude]: Point): [x: number, y: number][] {
    const { lng } = this.map.getCenter();
    const { x, y } = this.map.project([longitudeNear(longitude, lng), latitude]);
    const width = this.map.getContainer().clientWidth;
    return copiesOf(x, WORLD_PX * 2 ** this.map.getZoom(), width).map((copy) => [copy, y]);
  }

  private labelsFor(id: string, count: number): HTMLElement[] {
    const labels = this.labels.get(id) ?? [element(id)];
    this.labels.set(id, labels);
    while (labels.length < count) {
      const copy = make("div", { class: "label", "aria-hidden": "true" });
      element(id).after(copy);
      labels.push(copy);
    }
    return labels;
  }
}

/**
 * Returns where the copies of the world show a point: the given one first, then those in the window.
 *
 * @param x Pixels from the left edge of the window, as the other two.
 */
export function copiesOf(x: number, world: number, width: number): number[] {
  const copies = [x];
  for (let copy = x - Math.floor(x / world) * world; copy <= width; copy += world) {
    if (Math.abs(copy - x) > world / 2) {
      copies.push(copy);
    }
  }
  return copies;
}
