/** The map's padding: keeps its centre in the part that no panel covers. */

import type { Map as MapLibre } from "maplibre-gl";
import { element } from "../core/elements.ts";
import { isNarrow } from "../core/screen.ts";

/** Sets the padding to what covers the map on a phone: details below, notices above. */
export function updateMapPadding(map: MapLibre): void {
  const details = element("details");
  const isCovering = !details.hidden && isNarrow();
  // Read only if needed, as reading it forces a layout of the page.
  const bottom = isCovering ? window.innerHeight - details.offsetTop : 0;
  const notices = element("notices");
  const top = isCovering ? notices.offsetTop + notices.offsetHeight : 0;
  const padding = map.getPadding();
  if (padding.bottom !== bottom || padding.top !== top) {
    map.setPadding({ top, bottom });
  }
}
