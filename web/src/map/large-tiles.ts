/** Fewer and larger tiles for a GeoJSON source: each tile costs draw calls in every frame. */

import type { GeoJSONSource } from "maplibre-gl";

/** Width of MapLibre's tiles in pixels, by which it computes the widths of lines. */
const MAPLIBRE_TILE_PX = 512;
/** Least width of a tile on the screen: at most nine tiles cover 3840 × 2160 pixels. */
export const LARGE_TILE_PX = 2_048;
/** How many times wider than MapLibre's the tiles are. */
export const ENLARGEMENT = LARGE_TILE_PX / MAPLIBRE_TILE_PX;

/**
 * Makes MapLibre cut a source into tiles of LARGE_TILE_PX, for which it has no option.
 *
 * A tile then belongs to a zoom level that is two below the map's, so layers of the source must not
 * depend on the zoom level, except for line widths, which are the same for a whole layer.
 */
export function enlargeTiles(source: GeoJSONSource): void {
  const loadTile = source.loadTile.bind(source);
  source.tileSize = LARGE_TILE_PX;
  source.loadTile = (tile) => {
    // MapLibre takes a tile's width from its zoom level and this size, which therefore stays.
    tile.tileSize = MAPLIBRE_TILE_PX * tile.tileID.overscaleFactor();
    return loadTile(tile);
  };
}
