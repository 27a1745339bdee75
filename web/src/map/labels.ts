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

/** The pause between two texts of a label: to count the aircraft in a place, all have to be looked at. */
const TEXT_PAUSE_MS = 500;

interface Written {
  slot: number;
  text: string;
  /** Milliseconds of a clock that never steps. */
  at: number;
}

export class Labels {
  private readonly map: MapLibre;
  private readonly fleet: Fleet;
  private readonly overlay: AircraftOverlay;
  /** By the id in index.html: the label, and one for each further copy of the world. */
  private readonly labels = new Map<string, HTMLElement[]>();
  private readonly written = new Map<string, Written>();

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
    const text = isShown ? this.currentText(id, slot) : "";
    const points = isShown ? this.pointsOf(position) : [];
    const offset = OFFSET_PX * screenScale();
    for (const [index, label] of this.labelsFor(id, points.length).entries()) {
      const [x, y] = points[index] ?? [0, 0];
      label.hidden = index >= points.length;
      label.style.translate = `${(x + offset).toFixed(1)}px ${(y - offset).toFixed(1)}px`;
      put(label, text);
    }
  }

  /** Returns the text of a label, made again when it is another aircraft's or has become old. */
  private currentText(id: string, slot: number): string {
    const now = performance.now();
    const before = this.written.get(id);
    if (before !== undefined && before.slot === slot && now - before.at < TEXT_PAUSE_MS) {
      return before.text;
    }
    const text = this.textOf(slot);
    this.written.set(id, { slot, text, at: now });
    return text;
  }

  /** Returns the callsign, what the other labels show, and how many other aircraft are in the same place, which further clicks select. */
  private textOf(slot: number): string {
    const name = this.fleet.text("callsign", slot) ?? this.fleet.icao24[slot] ?? "";
    const others = this.overlay.stackOf(slot).length - 1;
    const title = others > 0 ? `${name} +${others}` : name;
    return [title, ...this.overlay.labels.valuesOf(slot)].join("\n");
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
