/** Draws a measured path over the map: great circles, places, and the text of each leg. */

import type { Map as MapLibre } from "maplibre-gl";
import { longitudeNear } from "./antimeridian.ts";
import type { Point } from "./dead-reckoning.ts";
import { greatCircle } from "./great-circle.ts";
import { type Leg, legsOf } from "./measure.ts";

const SVG = "http://www.w3.org/2000/svg";
/** In Mercator's projection the poles are infinitely far away. */
const MAX_LATITUDE = 89;
/** A great circle is drawn as one straight piece for so many kilometres. */
const PIECE_KM = 100;
const RADIUS_PX = 4;

export class MeasureDrawing {
  private readonly map: MapLibre;
  private readonly picture = document.createElementNS(SVG, "svg");
  private places: readonly Point[] = [];
  private label: (leg: Leg) => string = () => "";

  constructor(map: MapLibre) {
    this.map = map;
    this.picture.classList.add("measure");
    this.picture.setAttribute("aria-hidden", "true");
    map.on("move", () => this.draw());
    map.on("resize", () => this.draw());
  }

  /** @param label Returns the text of a leg. */
  show(places: readonly Point[], label: (leg: Leg) => string): void {
    this.places = places;
    this.label = label;
    this.map.getContainer().append(this.picture);
    this.draw();
  }

  hide(): void {
    this.places = [];
    this.picture.remove();
  }

  private draw(): void {
    if (!this.picture.isConnected) {
      return;
    }
    const drawn: SVGElement[] = [];
    const texts: SVGElement[] = [];
    // Continuous, so that a path over the antimeridian does not jump to the other side of the map.
    let near = this.map.getCenter().lng;
    for (const leg of legsOf(this.places)) {
      const line = pathOf(leg, near);
      near = line.at(-1)?.[0] ?? near;
      drawn.push(lineOf(line.map((place) => this.pointOf(place))));
      texts.push(textOf(this.pointOf(line[line.length >> 1] ?? leg.to), this.label(leg)));
    }
    near = this.map.getCenter().lng;
    for (const [longitude, latitude] of this.places) {
      near = longitudeNear(longitude, near);
      drawn.push(dotOf(this.pointOf([near, latitude])));
    }
    this.picture.replaceChildren(...drawn, ...texts);
  }

  private pointOf([longitude, latitude]: Point): [x: number, y: number] {
    const shown = Math.min(Math.max(latitude, -MAX_LATITUDE), MAX_LATITUDE);
    const { x, y } = this.map.project([longitude, shown]);
    return [x, y];
  }
}

/** Returns places along a leg with continuous longitudes, which begin near one. */
function pathOf({ from, to, kilometres }: Leg, near: number): Point[] {
  const pieces = Math.max(Math.ceil(kilometres / PIECE_KM), 2);
  let longitude = near;
  return greatCircle(from, to, pieces).map(([east, north]): Point => {
    longitude = longitudeNear(east, longitude);
    return [longitude, north];
  });
}

function lineOf(points: readonly [x: number, y: number][]): SVGElement {
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
  return line;
}

function dotOf([x, y]: [x: number, y: number]): SVGElement {
  const dot = document.createElementNS(SVG, "circle");
  dot.setAttribute("cx", x.toFixed(1));
  dot.setAttribute("cy", y.toFixed(1));
  dot.setAttribute("r", String(RADIUS_PX));
  return dot;
}

function textOf([x, y]: [x: number, y: number], content: string): SVGElement {
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("x", x.toFixed(1));
  text.setAttribute("y", (y - 2 * RADIUS_PX).toFixed(1));
  text.textContent = content;
  return text;
}
