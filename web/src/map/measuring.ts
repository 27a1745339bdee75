/** Measures distances on the map, by clicks or by keys, until Escape. */

import "./measuring.css";
import { signal } from "@preact/signals-core";
import type { Map as MapLibre } from "maplibre-gl";
import { make, put } from "../core/elements.ts";
import { type System, write, writeTrack } from "../core/units.ts";
import type { Point } from "./dead-reckoning.ts";
import { kilometresOf, type Leg, legsOf, MAX_PLACES } from "./measure.ts";
import { MeasureDrawing } from "./measure-drawing.ts";
import type { VisiblePart } from "./visible-part.ts";

/** A longer way of the pointer between press and release moves the map. */
const MAX_CLICK_PX = 5;
const HINT = "Click two or more places";

export class Measuring {
  readonly isOn = signal(false);
  private readonly map: MapLibre;
  private readonly visiblePart: VisiblePart;
  private readonly units: () => System;
  private readonly drawing: MeasureDrawing;
  private readonly result = make("output", { "aria-live": "polite" });
  private readonly cross = make("div", { class: "measure-cross", "aria-hidden": "true" });
  private readonly bar: HTMLElement;
  private places: Point[] = [];
  private pressed: [x: number, y: number] = [0, 0];

  /** @param units Returns the units of the user's choice. */
  constructor(map: MapLibre, visiblePart: VisiblePart, units: () => System) {
    this.map = map;
    this.visiblePart = visiblePart;
    this.units = units;
    this.drawing = new MeasureDrawing(map);
    this.bar = make(
      "div",
      { class: "measure-bar", role: "group", "aria-label": "Measure a distance" },
      this.result,
      button("Add middle", "Enter", () => this.addMiddle()),
      button("Undo", "⌫", () => this.undo()),
      button("Done", "Esc", () => this.end()),
    );
  }

  toggle(): void {
    if (this.isOn.peek()) {
      this.end();
    } else {
      this.begin();
    }
  }

  /** Writes the result again, after a change of units. */
  render(): void {
    if (!this.isOn.peek()) {
      return;
    }
    const legs = legsOf(this.places);
    const last = legs.at(-1);
    this.drawing.show(this.places, (leg) => this.textOf(leg));
    put(this.result, last === undefined ? HINT : this.sentenceOf(legs, last));
  }

  private begin(): void {
    this.isOn.value = true;
    this.places = [];
    const container = this.map.getCanvasContainer();
    container.addEventListener("pointerdown", this.onPress, { capture: true });
    // Captured, because a click on the map would select an aircraft.
    container.addEventListener("click", this.onClick, { capture: true });
    addEventListener("keydown", this.onKey, { capture: true });
    this.map.doubleClickZoom.disable();
    document.body.append(this.bar);
    document.body.classList.add("is-measuring");
    this.map.getContainer().append(this.cross);
    this.map.on("move", this.placeCross);
    this.placeCross();
    this.map.getCanvas().focus();
    this.render();
  }

  private end(): void {
    const container = this.map.getCanvasContainer();
    container.removeEventListener("pointerdown", this.onPress, { capture: true });
    container.removeEventListener("click", this.onClick, { capture: true });
    removeEventListener("keydown", this.onKey, { capture: true });
    this.map.off("move", this.placeCross);
    this.map.doubleClickZoom.enable();
    this.bar.remove();
    this.cross.remove();
    this.drawing.hide();
    document.body.classList.remove("is-measuring");
    this.isOn.value = false;
  }

  private readonly onPress = (event: PointerEvent): void => {
    this.pressed = [event.clientX, event.clientY];
  };

  private readonly onClick = (event: MouseEvent): void => {
    event.stopPropagation();
    const [x, y] = this.pressed;
    if (Math.hypot(event.clientX - x, event.clientY - y) <= MAX_CLICK_PX) {
      const { left, top } = this.map.getContainer().getBoundingClientRect();
      this.add([event.clientX - left, event.clientY - top]);
    }
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const isOnButton = event.target instanceof HTMLButtonElement;
    const isOnField = event.target instanceof Element && event.target.matches("input, select");
    const actions: Record<string, (() => void) | undefined> = {
      Escape: () => this.end(),
      Enter: isOnButton || isOnField ? undefined : () => this.addMiddle(),
      Backspace: isOnField ? undefined : () => this.undo(),
    };
    const action = actions[event.key];
    if (action !== undefined) {
      event.stopPropagation();
      event.preventDefault();
      action();
    }
  };

  /** Shows which place Enter adds: the middle of what no panel covers. */
  private readonly placeCross = (): void => {
    const [x, y] = this.middle();
    this.cross.style.translate = `${x}px ${y}px`;
  };

  private middle(): [x: number, y: number] {
    const [x, y] = this.visiblePart.offset;
    return [innerWidth / 2 + x, innerHeight / 2 + y];
  }

  private addMiddle(): void {
    this.visiblePart.measure();
    this.add(this.middle());
  }

  private add(pixel: [x: number, y: number]): void {
    const { lng, lat } = this.map.unproject(pixel).wrap();
    if (this.places.length < MAX_PLACES) {
      this.places.push([lng, lat]);
    }
    this.render();
  }

  private undo(): void {
    this.places.pop();
    this.render();
  }

  private textOf({ kilometres, bearing }: Leg): string {
    return `${write(kilometres, "distance", this.units())} ${writeTrack(bearing)}`;
  }

  private sentenceOf(legs: readonly Leg[], last: Leg): string {
    const total = write(kilometresOf(legs), "distance", this.units());
    return legs.length === 1 ? this.textOf(last) : `${total} in all, last ${this.textOf(last)}`;
  }
}

function button(name: string, key: string, run: () => void): HTMLButtonElement {
  const made = make("button", { type: "button" }, `${name} `, make("kbd", {}, key));
  made.addEventListener("click", run);
  return made;
}
