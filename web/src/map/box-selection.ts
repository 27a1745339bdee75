/** Selects the aircraft in a box: by a drag with Shift, or by a drag after a button. */

import type { Map as MapLibre } from "maplibre-gl";
import type { Fleet } from "../stream/fleet.ts";
import { type Area, parseArea } from "./area.ts";
import type { AreaDrawing } from "./area-drawing.ts";

/** A shorter drag is a click, which adds the aircraft under the pointer. */
const MIN_DRAG_PX = 6;

export class BoxSelection {
  private readonly map: MapLibre;
  private readonly area: AreaDrawing;
  private readonly onBox: (area: Area) => void;
  private readonly presentFilter: () => string | null;
  private pressed: PointerEvent | null = null;

  /** @param presentFilter Returns the `bbox` of the filter, whose outline the drag hides for a moment. */
  constructor(
    map: MapLibre,
    area: AreaDrawing,
    presentFilter: () => string | null,
    onBox: (area: Area) => void,
  ) {
    this.map = map;
    this.area = area;
    this.presentFilter = presentFilter;
    this.onBox = onBox;
    const container = map.getCanvasContainer();
    // Captured, because MapLibre would move the map.
    container.addEventListener("pointerdown", (event) => this.press(event), { capture: true });
    addEventListener("pointermove", (event) => void this.drag(event));
    addEventListener("pointerup", () => this.release());
    addEventListener("pointercancel", () => this.release());
  }

  /** Lets the user drag a box; a second call cancels. */
  async draw(pressed: PointerEvent | null = null): Promise<void> {
    const bbox = await this.area.draw(pressed);
    this.area.show(this.presentFilter());
    const area = bbox === null ? null : parseArea(bbox);
    if (area !== null) {
      this.onBox(area);
    }
  }

  private press(event: PointerEvent): void {
    if (event.shiftKey && event.button === 0 && event.isPrimary) {
      this.pressed = event;
      this.map.dragPan.disable();
    }
  }

  private async drag(event: PointerEvent): Promise<void> {
    const { pressed } = this;
    if (pressed === null) {
      return;
    }
    const way = Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY);
    if (way >= MIN_DRAG_PX) {
      this.release();
      await this.draw(pressed);
    }
  }

  private release(): void {
    if (this.pressed !== null) {
      this.pressed = null;
      this.map.dragPan.enable();
    }
  }
}

/** Returns the icao24 of the aircraft whose positions lie in an area. */
export function aircraftIn(fleet: Fleet, { west, south, east, north }: Area): string[] {
  const [longitudes, latitudes] = [fleet.column("longitude"), fleet.column("latitude")];
  const width = east < west ? east - west + 360 : east - west;
  const found: string[] = [];
  for (let slot = 0; slot < fleet.end; slot++) {
    const [longitude, latitude] = [longitudes[slot] as number, latitudes[slot] as number];
    const eastOfWest = (((longitude - west) % 360) + 360) % 360;
    const icao24 = fleet.icao24[slot];
    if (icao24 != null && eastOfWest <= width && latitude >= south && latitude <= north) {
      found.push(icao24);
    }
  }
  return found;
}
