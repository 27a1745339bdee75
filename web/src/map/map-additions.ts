/** What is added to the base map as GeoJSON, and stays when the base map changes. */

import type { FeatureCollection } from "geojson";
import type {
  GeoJSONSource,
  LayerSpecification,
  Map as MapLibre,
  StyleSpecification,
} from "maplibre-gl";

const PREFIX = "added-";

/** A layer without the name of its source. */
export type AddedLayer = LayerSpecification extends infer Layer
  ? Layer extends { source: unknown }
    ? Omit<Layer, "source">
    : never
  : never;

interface Addition {
  data: FeatureCollection;
  layers: readonly AddedLayer[];
}

/** Gives another style the additions of the one before, which `setStyle` would remove. */
export function keepAdditions(
  previous: StyleSpecification | undefined,
  next: StyleSpecification,
): StyleSpecification {
  const sources = Object.entries(previous?.sources ?? {}).filter(([id]) => id.startsWith(PREFIX));
  const added = (previous?.layers ?? []).filter(({ id }) => id.startsWith(PREFIX));
  const first = next.layers.findIndex(({ type }) => type === "symbol");
  const middle = first < 0 ? next.layers.length : first;
  const layers = [
    ...next.layers.slice(0, middle),
    ...added.filter(({ type }) => type !== "symbol"),
    ...next.layers.slice(middle),
    ...added.filter(({ type }) => type === "symbol"),
  ];
  return { ...next, sources: { ...next.sources, ...Object.fromEntries(sources) }, layers };
}

/** Areas and lines lie below the names of the base map; texts lie above them. */
export class MapAdditions {
  private readonly map: MapLibre;
  private readonly additions = new Map<string, Addition>();
  /** Whether there is a style to which something can be added. */
  private isReady = false;

  constructor(map: MapLibre) {
    this.map = map;
    map.on("style.load", () => {
      this.isReady = true;
      for (const name of this.additions.keys()) {
        this.draw(name);
      }
    });
  }

  /** Draws features under a name, in place of those before; the layers need ids of their own. */
  set(name: string, data: FeatureCollection, layers: readonly AddedLayer[]): void {
    const before = this.additions.get(name);
    this.additions.set(name, { data, layers });
    const source = this.isReady ? this.map.getSource<GeoJSONSource>(PREFIX + name) : undefined;
    if (source !== undefined && before?.layers === layers) {
      source.setData(data);
    } else {
      this.draw(name);
    }
  }

  remove(name: string): void {
    this.additions.delete(name);
    this.erase(name);
  }

  private draw(name: string): void {
    const addition = this.additions.get(name);
    if (!this.isReady || addition === undefined) {
      return;
    }
    this.erase(name);
    const source = PREFIX + name;
    this.map.addSource(source, { type: "geojson", data: addition.data });
    for (const layer of addition.layers) {
      const before = layer.type === "symbol" ? undefined : this.firstName();
      this.map.addLayer({ ...layer, id: PREFIX + layer.id, source } as LayerSpecification, before);
    }
  }

  private erase(name: string): void {
    const source = PREFIX + name;
    if (!this.isReady || this.map.getSource(source) === undefined) {
      return;
    }
    for (const layer of this.map.getStyle().layers) {
      if ("source" in layer && layer.source === source) {
        this.map.removeLayer(layer.id);
      }
    }
    this.map.removeSource(source);
  }

  private firstName(): string | undefined {
    return this.map.getStyle().layers.find(({ type }) => type === "symbol")?.id;
  }
}
