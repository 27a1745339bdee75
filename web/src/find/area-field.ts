/** The field of the area: drawn on the map, or what the map shows. */

import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeProblem, tellProblem } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";
import { describeArea, describeFilter } from "./filter-words.ts";

export interface AreaSettings {
  /** Lets somebody draw; called again it gives that up. Null is nothing drawn. */
  drawArea(): Promise<string | null>;
  /** Gives what the map shows now; null is the globe. */
  mapArea(): string | null;
  edit(): void;
}

export class AreaField implements Field {
  readonly root: HTMLElement;
  private readonly settings: AreaSettings;
  private readonly place = make("p", { class: "area", "aria-live": "polite" });
  private readonly drawing = make("button", { type: "button" });
  private readonly clearing = make("button", { type: "button" }, "Clear area");
  private readonly problem = makeProblem("filter-bbox-problem");
  private bbox = "";
  private near = "";
  private isDrawing = false;

  constructor(settings: AreaSettings) {
    this.settings = settings;
    const shown = make("button", { type: "button" }, "What the map shows");
    const buttons = make("div", { class: "buttons" }, this.drawing, shown, this.clearing);
    const legend = make("legend", {}, "Area");
    const attributes = { class: "filter-field" };
    this.root = make("fieldset", attributes, legend, this.place, buttons, this.problem);
    this.drawing.addEventListener("click", () => void this.drawOnMap());
    shown.addEventListener("click", () => this.set(settings.mapArea()));
    this.clearing.addEventListener("click", () => {
      this.set(null);
      this.drawing.focus();
    });
    this.write();
  }

  read(): Partial<FilterValues> {
    return { bbox: this.bbox, near: this.near };
  }

  show({ bbox, near }: FilterValues): void {
    this.bbox = bbox;
    this.near = near;
    this.write();
  }

  tell(errors: ReadonlyMap<FilterName, string>): void {
    tellProblem(this.problem, [], errors.get("bbox"));
  }

  private async drawOnMap(): Promise<void> {
    const drawn = this.settings.drawArea();
    if (this.isDrawing) {
      return; // that second call has ended the first, which tells the rest
    }
    this.isDrawing = true;
    this.write();
    try {
      const bbox = await drawn;
      if (bbox !== null) {
        this.set(bbox);
      }
    } finally {
      this.isDrawing = false;
      this.write();
    }
  }

  /** Takes an area in place of all that were there. */
  private set(bbox: string | null): void {
    this.bbox = bbox ?? "";
    this.near = "";
    this.write();
    this.settings.edit();
  }

  private write(): void {
    const near = this.near === "" ? "" : describeFilter("near", this.near, "metric");
    const places = [this.bbox === "" ? "" : describeArea(this.bbox), near];
    const text = places.filter((place) => place !== "").join(" and ");
    this.place.textContent = text === "" ? "the whole globe" : text;
    this.drawing.textContent = this.isDrawing ? "Stop drawing" : "Draw on the map";
    this.drawing.ariaPressed = String(this.isDrawing);
    this.clearing.hidden = text === "";
  }
}
