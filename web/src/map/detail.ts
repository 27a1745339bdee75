/** How much of the geography is loaded: the more, the closer the map has been zoomed in. */

/** Which data a source has; the worker knows them by these names. */
export interface Detail {
  ground: "ground" | "fine-ground";
  places: "no-places" | "major-places" | "all-places";
}

/** From this zoom level on there are airports, and the cities of the first view give way to more of them. */
export const PLACES_ZOOM = 4;

const LEVELS: readonly [zoom: number, detail: Detail][] = [
  [0, { ground: "ground", places: "no-places" }],
  [PLACES_ZOOM, { ground: "ground", places: "major-places" }],
  [5, { ground: "fine-ground", places: "major-places" }],
  [8, { ground: "fine-ground", places: "all-places" }],
];

/** What the first view shows, whatever its zoom level: the rest follows once it is drawn. */
export const COARSE: Detail = { ground: "ground", places: "no-places" };

/** Keeps the finest detail that was needed, as what is loaded costs nothing any more. */
export class DetailLevel {
  private level = 0;

  get detail(): Detail {
    return LEVELS[this.level]?.[1] ?? COARSE;
  }

  /** Returns whether a zoom level needs more detail than any before it. */
  reach(zoom: number): boolean {
    const level = LEVELS.findLastIndex(([from]) => zoom >= from);
    const isFiner = level > this.level;
    this.level = Math.max(level, this.level);
    return isFiner;
  }
}
