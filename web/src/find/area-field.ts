/** The area field of the filter form: an area drawn on the map, or the current map view. */

import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeProblem, showProblem } from "./field.ts";
import { describeArea, describeFilter } from "./filter-descriptions.ts";
import type { FilterValues } from "./filter-values.ts";

export interface AreaSettings {
  /** Starts drawing, or cancels it if drawing. Resolves to a `bbox`, or null if cancelled. */
  drawArea(): Promise<string | null>;
  /** Returns the map view as a `bbox`; null if the whole globe is visible. */
  mapArea(): string | null;
  onEdit(): void;
}

export class AreaField implements Field {
  readonly root: HTMLElement;
  private readonly settings: AreaSettings;
  private readonly description = make("p", { class: "area", "aria-live": "polite" });
  private readonly drawButton = make("button", { type: "button" });
  private readonly clearButton = make("button", { type: "button" }, "Clear area");
  private readonly problem = makeProblem("filter-bbox-problem");
  private bbox = "";
  private near = "";
  private isDrawing = false;

  constructor(settings: AreaSettings) {
    this.settings = settings;
    const viewButton = make("button", { type: "button" }, "Use map view");
    const buttons = make(
      "div",
      { class: "buttons" },
      this.drawButton,
      viewButton,
      this.clearButton,
    );
    const legend = make("legend", {}, "Area");
    const attributes = { class: "filter-field" };
    this.root = make("fieldset", attributes, legend, this.description, buttons, this.problem);
    this.drawButton.addEventListener("click", () => void this.drawOnMap());
    viewButton.addEventListener("click", () => this.setArea(settings.mapArea()));
    this.clearButton.addEventListener("click", () => {
      this.setArea(null);
      this.drawButton.focus();
    });
    this.render();
  }

  read(): Partial<FilterValues> {
    return { bbox: this.bbox, near: this.near };
  }

  show({ bbox, near }: FilterValues): void {
    this.bbox = bbox;
    this.near = near;
    this.render();
  }

  showErrors(errors: ReadonlyMap<FilterName, string>): void {
    showProblem(this.problem, [], errors.get("bbox"));
  }

  private async drawOnMap(): Promise<void> {
    const drawn = this.settings.drawArea();
    if (this.isDrawing) {
      return; // this second call has cancelled the first one, which resolves with null
    }
    this.isDrawing = true;
    this.render();
    try {
      const bbox = await drawn;
      if (bbox !== null) {
        this.setArea(bbox);
      }
    } finally {
      this.isDrawing = false;
      this.render();
    }
  }

  /** Replaces both the `bbox` and the circle. */
  private setArea(bbox: string | null): void {
    this.bbox = bbox ?? "";
    this.near = "";
    this.render();
    this.settings.onEdit();
  }

  private render(): void {
    const near = this.near === "" ? "" : describeFilter("near", this.near, "metric");
    const areas = [this.bbox === "" ? "" : describeArea(this.bbox), near];
    const text = areas.filter((area) => area !== "").join(" and ");
    this.description.textContent = text === "" ? "Whole world" : text;
    this.drawButton.textContent = this.isDrawing ? "Stop drawing" : "Draw on the map";
    this.drawButton.ariaPressed = String(this.isDrawing);
    this.clearButton.hidden = text === "";
  }
}
