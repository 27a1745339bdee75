/** Keeps the selected aircraft in the middle of the map, for as long as the person wants it. */

import type { Map as MapLibre } from "maplibre-gl";
import { element } from "../core/elements.ts";
import { metresBetween } from "../history/plausibility.ts";
import type { Point } from "./dead-reckoning.ts";

const EVERY_MS = 250;
/** Nothing flies so far between two looks, in the fastest replay either: it has come otherwise. */
const LONGEST_SWEEP_M = 100_000;

export class Following {
  private isOn = false;
  private readonly map: MapLibre;
  private readonly place: () => Point | null;

  /** @param place Gives where the aircraft is; null where that is not known, and the map stays. */
  constructor(map: MapLibre, place: () => Point | null) {
    this.map = map;
    this.place = place;
    map.on("dragstart", () => this.set(false));
    element("follow").addEventListener("click", () => this.toggle());
    setInterval(() => this.follow(), EVERY_MS);
  }

  toggle(): void {
    this.set(!this.isOn);
  }

  set(isOn: boolean): void {
    this.isOn = isOn;
    element("follow").ariaPressed = String(isOn);
  }

  private follow(): void {
    const center = this.isOn ? this.place() : null;
    if (center === null) {
      return;
    }
    const { lng, lat } = this.map.getCenter();
    const metres = metresBetween(
      { time: 0, longitude: lng, latitude: lat },
      { time: 0, longitude: center[0], latitude: center[1] },
    );
    if (metres > LONGEST_SWEEP_M) {
      this.map.jumpTo({ center });
    } else {
      this.map.easeTo({ center, duration: EVERY_MS, easing: (part) => part });
    }
  }
}
