/** Where the map's middle is: that of what nothing covers. */

import type { Map as MapLibre } from "maplibre-gl";
import { element } from "../core/elements.ts";
import { isNarrow } from "../core/screen.ts";

/** On a phone the details cover the lower half: the map's middle is that of what is left. */
export function makeRoom(map: MapLibre): void {
  const details = element("details");
  const isCovering = !details.hidden && isNarrow();
  // Where it begins is asked for only then: the answer takes a layout of the page.
  const bottom = isCovering ? window.innerHeight - details.offsetTop : 0;
  const notices = element("notices");
  const top = isCovering ? notices.offsetTop + notices.offsetHeight : 0;
  const padding = map.getPadding();
  if (padding.bottom !== bottom || padding.top !== top) {
    map.setPadding({ top, bottom });
  }
}
