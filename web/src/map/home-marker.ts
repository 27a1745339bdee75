/** Shows the user's home on the map, with rings at equal distances and their labels. */

import "./home-marker.css";
import type { Map as MapLibre } from "maplibre-gl";
import { type System, unitOf } from "../core/units.ts";
import type { Home } from "../store/home.ts";
import type { Corner } from "./area.ts";
import { circleAround, placeAt } from "./rings.ts";

const RINGS = 4;
/** Rings that are closer than this on the screen are left out, and so are their labels. */
const MIN_GAP_PX = 24;
/** Below this zoom a window may show the globe several times. */
const REPEATING_ZOOM = 3;
/** Places are drawn up to this latitude: in Mercator's projection the poles are infinitely far away. */
const MAX_LATITUDE = 89;
const SVG = "http://www.w3.org/2000/svg";

interface Ring {
  corners: Corner[];
  /** The northernmost corner, where the label is. */
  top: Corner;
  label: string;
}

export class HomeMarker {
  private readonly map: MapLibre;
  private readonly picture = svg("svg", "home-marker");
  private home: Home | null = null;
  private rings: Ring[] = [];

  constructor(map: MapLibre) {
    this.map = map;
    this.picture.setAttribute("aria-hidden", "true");
    map.getContainer().append(this.picture);
    map.on("move", () => this.trace());
    map.on("resize", () => this.trace());
  }

  /**
   * Shows a home; null shows none.
   *
   * @param spacing The distance from ring to ring in the user's unit of distance; 0 is no rings.
   */
  show(home: Home | null, spacing: number, system: System): void {
    this.home = home;
    this.rings = home === null || spacing === 0 ? [] : ringsOf(home, spacing, system);
    this.trace();
  }

  /** Updates the picture to the view of the map. */
  private trace(): void {
    const { home } = this;
    if (home === null) {
      this.picture.replaceChildren();
      return;
    }
    const nearest = 360 * Math.round((this.map.getCenter().lng - home.longitude) / 360);
    const isRepeated = this.map.getZoom() < REPEATING_ZOOM;
    const turns = isRepeated ? [nearest - 360, nearest, nearest + 360] : [nearest];
    this.picture.replaceChildren(...turns.flatMap((turn) => this.copyAt(home, turn)));
  }

  private copyAt(home: Home, turn: number): SVGElement[] {
    const middle = this.pointOf([home.longitude + turn, home.latitude]);
    const gap = middle.y - this.pointOf(shifted(this.rings[0]?.top ?? [0, 0], turn)).y;
    const rings = this.rings.length > 0 && gap >= MIN_GAP_PX ? this.rings : [];
    const parts = rings.flatMap(({ corners, top, label }) => {
      const line = svg("path", "ring");
      const points = corners.map((corner) => textOf(this.pointOf(shifted(corner, turn))));
      line.setAttribute("d", `M${points.join("L")}`);
      const { x, y } = this.pointOf(shifted(top, turn));
      return [line, ...textAt(x, y, label)];
    });
    return [...parts, ...markAt(middle.x, middle.y)];
  }

  private pointOf([longitude, latitude]: Corner): { x: number; y: number } {
    const drawn = Math.min(Math.max(latitude, -MAX_LATITUDE), MAX_LATITUDE);
    return this.map.project([longitude, drawn]);
  }
}

function ringsOf({ latitude, longitude }: Home, spacing: number, system: System): Ring[] {
  const { factor, symbol } = unitOf("distance", system);
  return Array.from({ length: RINGS }, (_, index) => {
    const distance = spacing * (index + 1);
    const center: Corner = [longitude, latitude];
    const kilometres = distance / factor;
    return {
      corners: circleAround(center, kilometres),
      top: placeAt(center, kilometres, 0),
      label: `${distance} ${symbol}`,
    };
  });
}

function shifted([longitude, latitude]: Corner, turn: number): Corner {
  return [longitude + turn, latitude];
}

function textOf({ x, y }: { x: number; y: number }): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

/** Returns a ring label just above a point. */
function textAt(x: number, y: number, label: string): SVGElement[] {
  const text = svg("text", "label-of-ring");
  text.setAttribute("x", x.toFixed(1));
  text.setAttribute("y", (y - 4).toFixed(1));
  text.textContent = label;
  return [text];
}

/** Returns a house at a point. */
function markAt(x: number, y: number): SVGElement[] {
  const house = svg("path", "house");
  house.setAttribute("d", "M-8,0L0,-8L8,0M-5.5,-2V7H5.5V-2");
  house.setAttribute("transform", `translate(${textOf({ x, y })})`);
  return [house];
}

function svg(name: string, className: string): SVGElement {
  const made = document.createElementNS(SVG, name);
  made.classList.add(className);
  return made;
}
