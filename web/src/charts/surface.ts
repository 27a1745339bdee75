/** A canvas with the resolution of the screen, repainted when its size or the theme changes. */

import { make } from "../core/elements.ts";
import { screenScale } from "../core/screen.ts";

type Paint = (pen: CanvasRenderingContext2D, surface: Surface) => void;

/**
 * Sizes and drawing coordinates are CSS pixels of a usual screen, which a very large one enlarges; the
 * style sheet gives the canvas its size.
 */
export class Surface {
  readonly canvas = make("canvas");
  width = 0;
  height = 0;
  /** CSS pixels per unit of the coordinates. */
  scale = 1;
  private readonly paint: Paint;
  /** The pending animation frame; 0 if there is none. */
  private frame = 0;

  /** @param paint Called with an empty canvas whenever it must be painted. */
  constructor(paint: Paint) {
    this.paint = paint;
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    new MutationObserver(() => this.redraw()).observe(document.documentElement, {
      attributes: true,
      attributeFilter: ["data-theme"],
    });
  }

  /** Returns the value of a colour variable of the style sheets. */
  colour(name: `--${string}`): string {
    return getComputedStyle(this.canvas).getPropertyValue(name).trim();
  }

  /** Schedules one painting in the next frame, however often it is called before. */
  redraw(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(this.draw);
    }
  }

  private readonly draw = (): void => {
    this.frame = 0;
    this.scale = screenScale();
    this.width = this.canvas.clientWidth / this.scale;
    this.height = this.canvas.clientHeight / this.scale;
    const pen = this.canvas.getContext("2d");
    if (pen === null || this.width === 0) {
      return;
    }
    const pixels = devicePixelRatio * this.scale;
    this.fitToScreen(pixels);
    pen.setTransform(pixels, 0, 0, pixels, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    this.paint(pen, this);
  };

  /** Gives the canvas as many pixels as the screen has in its place. */
  private fitToScreen(pixels: number): void {
    const width = Math.round(this.width * pixels);
    const height = Math.round(this.height * pixels);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
  }
}
