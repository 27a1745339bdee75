/** Shades the night on the map: a step each for sunset and the three twilights. */

import type { Feature, FeatureCollection } from "geojson";
import type { AddedLayer, MapAdditions } from "./map-additions.ts";
import { nightRing } from "./sun.ts";

/** Degrees of the sun below the horizon: its upper edge sets, then civil, nautical, astronomical twilight. */
const DEPRESSIONS = [0.833, 6, 12, 18] as const;
/** The shade moves by a quarter of a degree in this time. */
const STEP_S = 60;
const NAME = "night";

const LAYERS: readonly AddedLayer[] = [
  {
    id: NAME,
    type: "fill",
    // Without, each tile would get an outline.
    paint: { "fill-color": "#02060f", "fill-opacity": 0.16, "fill-antialias": false },
  },
];

export class Night {
  private readonly additions: MapAdditions;
  private minute = Number.NaN;

  constructor(additions: MapAdditions) {
    this.additions = additions;
  }

  /** Shows the night at a time in Unix seconds; null hides it. */
  show(time: number | null): void {
    if (time === null || Number.isNaN(time)) {
      this.minute = Number.NaN;
      this.additions.remove(NAME);
      return;
    }
    const minute = Math.floor(time / STEP_S);
    if (minute !== this.minute) {
      this.minute = minute;
      this.additions.set(NAME, nightAt(minute * STEP_S), LAYERS);
    }
  }
}

function nightAt(time: number): FeatureCollection {
  const features = DEPRESSIONS.map(
    (depression): Feature => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Polygon", coordinates: [nightRing(time, depression)] },
    }),
  );
  return { type: "FeatureCollection", features };
}
