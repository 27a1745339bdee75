/** Lets the user draw a rectangle on the map, and shows the area of the present filter. */

import "./area-drawing.css";
import type { Map as MapLibre } from "maplibre-gl";
import { make } from "../core/elements.ts";
import { type Area, areaBetween, type Corner, parseArea, ringOf, writeArea } from "./area.ts";
import type { VisiblePart } from "./visible-part.ts";

/** A shorter drag is an accidental click. */
const MIN_DRAG_PX = 6;
/** Corners are drawn up to this latitude: in Mercator's projection the poles are infinitely far away. */
const MAX_LATITUDE = 89;
const HINT = "Drag a rectangle over the area";
const SVG = "http://www.w3.org/2000/svg";

interface Drawing {
  /** The corner at which the drag began; null before the drag. */
  start: Corner | null;
  finish(bbox: string | null): void;
}

export class AreaDrawing {
  private readonly map: MapLibre;
  private readonly visiblePart: VisiblePart;
  private readonly outline = document.createElementNS(SVG, "svg");
  private readonly outside = document.createElementNS(SVG, "path");
  private readonly edge = document.createElementNS(SVG, "path");
  /** Covers the map while the user draws, so that the map itself is not dragged. */
  private readonly sheet = make("div", { class: "area-sheet" });
  private readonly hint = makeHint();
  private area: Area | null = null;
  private draft: Area | null = null;
  private drawing: Drawing | null = null;

  constructor(map: MapLibre, visiblePart: VisiblePart) {
    this.map = map;
    this.visiblePart = visiblePart;
    this.outline.classList.add("area-outline");
    this.outline.setAttribute("aria-hidden", "true");
    this.outside.classList.add("outside");
    this.edge.classList.add("edge");
    this.outline.append(this.outside, this.edge);
    map.getContainer().append(this.outline);
    map.on("move", () => this.trace());
    map.on("resize", () => this.trace());
    this.listen();
    this.trace();
  }

  get isDrawing(): boolean {
    return this.drawing !== null;
  }

  /**
   * Lets the user drag a rectangle and returns its `bbox`; null after a cancel. A second call cancels.
   *
   * @param pressed The press of the pointer with which the drag has begun.
   */
  draw(pressed: PointerEvent | null = null): Promise<string | null> {
    if (this.drawing !== null) {
      this.drawing.finish(null);
      return Promise.resolve(null);
    }
    this.map.getContainer().append(this.sheet);
    document.body.append(this.hint);
    document.body.classList.add("is-drawing");
    // Captured, because the page's own Escape would deselect the aircraft.
    addEventListener("keydown", this.press, { capture: true });
    return new Promise((resolve) => {
      const finish = (bbox: string | null) => {
        this.finish(bbox);
        resolve(bbox);
      };
      this.drawing = { start: null, finish };
      if (pressed !== null) {
        this.begin(pressed);
      }
      this.trace();
    });
  }

  /** Shows the area of the present filter; null is none. */
  show(bbox: string | null): void {
    this.area = bbox === null ? null : parseArea(bbox);
    this.trace();
  }

  /** Returns the `bbox` of the visible part of the map; null if that is nearly the whole globe. */
  visible(): string | null {
    const area = areaBetween(...this.visiblePart.bounds);
    const isGlobe = area.east - area.west === 360 && area.north - area.south > 160;
    return isGlobe ? null : writeArea(area);
  }

  private listen(): void {
    const { sheet } = this;
    sheet.addEventListener("pointerdown", (event) => this.begin(event));
    sheet.addEventListener("pointermove", (event) => this.drag(event));
    sheet.addEventListener("pointerup", (event) => this.end(event));
    sheet.addEventListener("pointercancel", () => this.cancelDrag());
    // Zooming works while the user draws.
    sheet.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.map.getCanvas().dispatchEvent(new WheelEvent(event.type, event));
    });
    this.hint.querySelector("button")?.addEventListener("click", () => this.drawing?.finish(null));
  }

  private readonly press = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      this.drawing?.finish(null);
    }
  };

  private begin(event: PointerEvent): void {
    const isPrimary = event.isPrimary && event.button === 0;
    if (this.drawing !== null && isPrimary) {
      this.sheet.setPointerCapture(event.pointerId);
      this.drawing.start = this.cornerOf(event);
    }
  }

  private drag(event: PointerEvent): void {
    const start = this.drawing?.start ?? null;
    if (start !== null && event.isPrimary) {
      this.draft = areaBetween(start, this.cornerOf(event));
      this.trace();
    }
  }

  private end(event: PointerEvent): void {
    const { drawing } = this;
    if (drawing === null || drawing.start === null || !event.isPrimary) {
      return;
    }
    const from = this.map.project(drawing.start as [number, number]);
    const to = this.pointOf(event);
    const isClick = Math.min(Math.abs(to[0] - from.x), Math.abs(to[1] - from.y)) < MIN_DRAG_PX;
    if (isClick) {
      this.cancelDrag();
    } else {
      drawing.finish(writeArea(areaBetween(drawing.start, this.cornerOf(event))));
    }
  }

  /** Discards the rectangle; the user may drag another one. */
  private cancelDrag(): void {
    this.draft = null;
    if (this.drawing !== null) {
      this.drawing.start = null;
    }
    this.trace();
  }

  /** Ends the drawing and outlines the result, or the former area after a cancel. */
  private finish(bbox: string | null): void {
    removeEventListener("keydown", this.press, { capture: true });
    this.sheet.remove();
    this.hint.remove();
    document.body.classList.remove("is-drawing");
    this.drawing = null;
    this.draft = null;
    if (bbox === null) {
      this.trace();
    } else {
      this.show(bbox);
    }
  }

  private pointOf(event: PointerEvent): [x: number, y: number] {
    const { left, top } = this.map.getContainer().getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private cornerOf(event: PointerEvent): Corner {
    return this.map.unproject(this.pointOf(event)).toArray() as [number, number];
  }

  /** Updates the outline to the view of the map; while the user draws, it outlines the new rectangle. */
  private trace(): void {
    const area = this.drawing === null ? this.area : this.draft;
    this.outline.style.display = area === null ? "none" : "";
    if (area === null) {
      return;
    }
    const { clientWidth, clientHeight } = this.map.getContainer();
    // At low zoom the map repeats the globe on both sides.
    const middle = this.map.getCenter().lng;
    const rings = [-360, 0, 360].map((turn) => this.pathOf(ringOf(area, middle + turn)));
    const all = rings.join("");
    this.edge.setAttribute("d", all);
    this.outside.setAttribute("d", `M0,0H${clientWidth}V${clientHeight}H0Z${all}`);
  }

  private pathOf(ring: readonly Corner[]): string {
    const points = ring.map(([longitude, latitude]) => {
      const drawn = Math.min(Math.max(latitude, -MAX_LATITUDE), MAX_LATITUDE);
      const { x, y } = this.map.project([longitude, drawn]);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    return `M${points.join("L")}Z`;
  }
}

function makeHint(): HTMLElement {
  const cancel = make("button", { type: "button" }, "Cancel ", make("kbd", {}, "Esc"));
  return make("div", { class: "area-hint", role: "status" }, make("span", {}, HINT), cancel);
}
