/** The visible part of the map, which no panel covers: where an aircraft is centred, and what counts as shown. */

import type { LngLatLike, Map as MapLibre } from "maplibre-gl";
import { element } from "../core/elements.ts";
import type { Corner } from "./area.ts";
import { type Box, heightOf, uncovered, widthOf } from "./uncovered.ts";

/** What may cover the map, in the order in which it takes edges: the time bar lies on the table. */
const COVERS = [
  ...["header", "table", "footer", "tools"],
  ...["filters", "statistics", "past", "watch", "settings", "details"],
] as const;

/** West and south, then east and north, in degrees; longitudes may lie beyond ±180. */
export type Bounds = readonly [southWest: Corner, northEast: Corner];

/**
 * The map itself has no padding, because deck.gl knows no padding at the sides. So opening a panel
 * leaves the picture as it is, and whatever moves the map takes `offset` from here.
 */
export class VisiblePart {
  private readonly map: MapLibre;
  private readonly covers = COVERS.map((id) => element(id));
  private box: Box;
  private cachedBounds: Bounds | null = null;

  /** @param onChange Called when panels have opened, closed or changed their size, and once at first. */
  constructor(map: MapLibre, onChange: () => void) {
    this.map = map;
    this.box = windowBox();
    map.on("move", () => {
      this.cachedBounds = null;
    });
    // It reports the hidden ones too, and each of them once at the beginning, after the first layout.
    const observer = new ResizeObserver(() => {
      this.measure();
      onChange();
    });
    for (const cover of this.covers) {
      observer.observe(cover);
    }
  }

  /** Reads the sizes of the panels; needed only right after a change, before the next frame. */
  measure(): void {
    const boxes = this.covers.map((cover) => cover.getBoundingClientRect());
    this.box = uncovered(
      windowBox(),
      boxes.filter(({ width, height }) => width > 0 && height > 0),
    );
    this.cachedBounds = null;
  }

  /** Pixels from the middle of the window to that of the visible part, as MapLibre's `offset`. */
  get offset(): [x: number, y: number] {
    const { left, right, top, bottom } = this.box;
    return [(left + right - innerWidth) / 2, (top + bottom - innerHeight) / 2];
  }

  get width(): number {
    return widthOf(this.box);
  }

  get height(): number {
    return heightOf(this.box);
  }

  /** Pixels that are covered at each edge, as MapLibre's `padding`, with a margin. */
  padding(margin: number): { left: number; top: number; right: number; bottom: number } {
    const { left, top, right, bottom } = this.box;
    return {
      left: left + margin,
      top: top + margin,
      right: innerWidth - right + margin,
      bottom: innerHeight - bottom + margin,
    };
  }

  /** What the map shows in the middle. */
  get center() {
    const { left, right, top, bottom } = this.box;
    return this.map.unproject([(left + right) / 2, (top + bottom) / 2]);
  }

  get bounds(): Bounds {
    const { left, right, top, bottom } = this.box;
    this.cachedBounds ??= [
      this.map.unproject([left, bottom]).toArray(),
      this.map.unproject([right, top]).toArray(),
    ];
    return this.cachedBounds;
  }

  /** Whether it contains a place; cheap enough to be called for every aircraft. */
  contains(longitude: number, latitude: number): boolean {
    const [[west, south], [east, north]] = this.bounds;
    const eastOfWest = (((longitude - west) % 360) + 360) % 360;
    return eastOfWest <= east - west && latitude >= south && latitude <= north;
  }

  /** Brings a place into the middle. */
  moveTo(center: LngLatLike, options: { zoom?: number; duration?: number } = {}): void {
    this.map.easeTo({ center, offset: this.offset, ...options });
  }
}

function windowBox(): Box {
  return { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
}
