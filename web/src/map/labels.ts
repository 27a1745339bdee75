/** Callsigns beside the selected aircraft and the one under the pointer. */

import type { Map as MapLibre } from "maplibre-gl";
import { element, putInto } from "../core/elements.ts";
import type { Fleet } from "../stream/fleet.ts";
import { positionOf } from "./dead-reckoning.ts";
import type { Sky } from "./sky.ts";
import { nearestTurn } from "./turn.ts";

const BESIDE_PX = 20;

export class Labels {
  private readonly map: MapLibre;
  private readonly fleet: Fleet;
  private readonly sky: Sky;

  constructor(map: MapLibre, fleet: Fleet, sky: Sky) {
    this.map = map;
    this.fleet = fleet;
    this.sky = sky;
  }

  /** Puts the labels where their aircraft are now. */
  move(): void {
    const { selected, hovered } = this.sky;
    this.place("selected-label", selected);
    this.place("hovered-label", hovered === selected ? null : hovered);
  }

  private place(id: string, slot: number | null): void {
    const label = element(id);
    const position = slot === null ? null : positionOf(this.fleet, slot, this.sky.moment);
    label.hidden = position === null;
    if (slot === null || position === null) {
      return;
    }
    const [longitude, latitude] = position;
    // Over the antimeridian the map shows the aircraft under a longitude beyond 180 degrees.
    const shown = nearestTurn(longitude, this.map.getCenter().lng);
    const { x, y } = this.map.project([shown, latitude]);
    label.style.translate = `${(x + BESIDE_PX).toFixed(1)}px ${(y - BESIDE_PX).toFixed(1)}px`;
    putInto(id, this.fleet.text("callsign", slot) ?? this.fleet.icao24[slot] ?? "");
  }
}
