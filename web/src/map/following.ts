/** Follow mode: keeps the selected aircraft in the middle of the visible part until the user drags the map. */

import type { Map as MapLibre } from "maplibre-gl";
import { element } from "../core/elements.ts";
import { metresBetween } from "../history/plausibility.ts";
import type { Point } from "./dead-reckoning.ts";
import type { VisiblePart } from "./visible-part.ts";

const INTERVAL_MS = 250;
/**
 * The map jumps over a longer distance without animation: no aircraft flies so far within an
 * interval, not even at the highest replay speed, so the shown time or aircraft has changed.
 */
const MAX_ANIMATED_M = 100_000;

export class Following {
  private isOn = false;
  private readonly map: MapLibre;
  private readonly visiblePart: VisiblePart;
  private readonly target: () => Point | null;

  /** @param target Returns where the aircraft is; null leaves the map where it is. */
  constructor(map: MapLibre, visiblePart: VisiblePart, target: () => Point | null) {
    this.map = map;
    this.visiblePart = visiblePart;
    this.target = target;
    map.on("dragstart", () => this.set(false));
    element("follow").addEventListener("click", () => this.toggle());
    setInterval(() => this.moveMap(), INTERVAL_MS);
  }

  toggle(): void {
    this.set(!this.isOn);
  }

  set(isOn: boolean): void {
    this.isOn = isOn;
    element("follow").ariaPressed = String(isOn);
  }

  private moveMap(): void {
    const center = this.isOn ? this.target() : null;
    if (center === null) {
      return;
    }
    const { lng, lat } = this.visiblePart.center;
    const metres = metresBetween(
      { longitude: lng, latitude: lat },
      { longitude: center[0], latitude: center[1] },
    );
    const { offset } = this.visiblePart;
    const duration = metres > MAX_ANIMATED_M ? 0 : INTERVAL_MS;
    this.map.easeTo({ center, offset, duration, easing: (fraction) => fraction });
  }
}
