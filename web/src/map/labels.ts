/** Labels with the callsigns of the selected and the hovered aircraft. */

import "./labels.css";
import type { Map as MapLibre } from "maplibre-gl";
import { element, putInto } from "../core/elements.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { AircraftOverlay } from "./aircraft-overlay.ts";
import { longitudeNear } from "./antimeridian.ts";
import { positionOf } from "./dead-reckoning.ts";

/** Distance of a label from the centre of its aircraft, to the right and up. */
const OFFSET_PX = 20;

export class Labels {
  private readonly map: MapLibre;
  private readonly fleet: Fleet;
  private readonly overlay: AircraftOverlay;

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
    const label = element(id);
    const position = slot === null ? null : positionOf(this.fleet, slot, this.overlay.glideTime);
    label.hidden = position === null;
    if (slot === null || position === null) {
      return;
    }
    const [longitude, latitude] = position;
    // Across the antimeridian the map shows the aircraft at a longitude beyond 180 degrees.
    const visible = longitudeNear(longitude, this.map.getCenter().lng);
    const { x, y } = this.map.project([visible, latitude]);
    label.style.translate = `${(x + OFFSET_PX).toFixed(1)}px ${(y - OFFSET_PX).toFixed(1)}px`;
    putInto(id, this.fleet.text("callsign", slot) ?? this.fleet.icao24[slot] ?? "");
  }
}
