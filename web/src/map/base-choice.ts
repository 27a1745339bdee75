/** Which base map the user's choice means: one of the server's, or the one that comes with the page. */

import type { Configuration, Tiles } from "../core/configuration.ts";
import { PACKAGED } from "../store/overlay-choice.ts";

/**
 * Returns the tiles to show; null is the geography that comes with the page.
 *
 * @param name Null, or a name that the server does not have, is the server's first base map.
 */
export function chooseTiles(configuration: Configuration, name: string | null): Tiles | null {
  if (name === PACKAGED) {
    return null;
  }
  const layers = configuration.tile_layers ?? [];
  return layers.find((layer) => layer.name === name) ?? configuration.tiles;
}
