/** Lets the user choose a place by a click on the map. */

import type { Map as MapLibre } from "maplibre-gl";
import { make } from "../core/elements.ts";

/** A pointer that moves further before it is released drags the map, and chooses nothing. */
const MAX_MOVE_PX = 6;
const HINT = "Click the place on the map";

/** Degrees. */
export interface PickedPlace {
  latitude: number;
  longitude: number;
}

export class PlacePicking {
  private readonly map: MapLibre;
  private finish: ((place: PickedPlace | null) => void) | null = null;

  constructor(map: MapLibre) {
    this.map = map;
  }

  /** Waits for a click and returns its place; null after a cancel. A second call cancels. */
  pick(): Promise<PickedPlace | null> {
    if (this.finish !== null) {
      this.finish(null);
      return Promise.resolve(null);
    }
    const sheet = make("div", { class: "area-sheet" });
    const cancel = make("button", { type: "button" }, "Cancel ", make("kbd", {}, "Esc"));
    const hint = make(
      "div",
      { class: "area-hint", role: "status" },
      make("span", {}, HINT),
      cancel,
    );
    this.map.getContainer().append(sheet);
    document.body.append(hint);
    document.body.classList.add("is-drawing");
    return new Promise((resolve) => {
      const listening = new AbortController();
      const finish = (place: PickedPlace | null) => {
        listening.abort();
        sheet.remove();
        hint.remove();
        document.body.classList.remove("is-drawing");
        this.finish = null;
        resolve(place);
      };
      this.finish = finish;
      cancel.addEventListener("click", () => finish(null));
      this.listenTo(sheet, listening.signal, finish);
    });
  }

  private listenTo(
    sheet: HTMLElement,
    signal: AbortSignal,
    finish: (place: PickedPlace | null) => void,
  ): void {
    let start: PointerEvent | null = null;
    sheet.addEventListener("pointerdown", (event) => {
      start = event.isPrimary && event.button === 0 ? event : null;
    });
    sheet.addEventListener("pointerup", (event) => {
      const [x, y] = [start?.clientX ?? Number.NaN, start?.clientY ?? Number.NaN];
      if (Math.hypot(event.clientX - x, event.clientY - y) <= MAX_MOVE_PX) {
        finish(this.placeOf(event));
      }
    });
    // Zooming works in the meantime.
    sheet.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.map.getCanvas().dispatchEvent(new WheelEvent(event.type, event));
    });
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        event.preventDefault();
        finish(null);
      }
    };
    // Captured, because the page's own Escape would close the panel.
    addEventListener("keydown", onKey, { capture: true, signal });
  }

  private placeOf({ clientX, clientY }: PointerEvent): PickedPlace {
    const { left, top } = this.map.getContainer().getBoundingClientRect();
    const { lng, lat } = this.map.unproject([clientX - left, clientY - top]).wrap();
    return { latitude: lat, longitude: lng };
  }
}
