/** Creates the map and asks for the configuration, while the rest of the page is loading. */

import { type Configuration, fetchConfiguration } from "./core/configuration.ts";
import { element } from "./core/elements.ts";
import { isSystemDark, themeOf } from "./core/theme.ts";
import { type BaseMap, createBaseMap } from "./map/base-map.ts";
import { canDrawMap } from "./map/no-map.ts";
import { readAddress } from "./store/address.ts";

export interface FirstView {
  /** Null if the browser cannot draw the map. */
  base: BaseMap | null;
  /** The first request of the configuration, which may fail. */
  configuration: Promise<Configuration & { time: number }>;
}

export function drawFirstView(): FirstView {
  const { place, theme } = readAddress(location.search);
  const themeName = themeOf(theme, isSystemDark());
  document.documentElement.dataset.theme = themeName;
  const base = canDrawMap() ? createBaseMap(element("map"), place) : null;
  const configuration = fetchConfiguration();
  configuration.then(
    ({ tiles }) => base?.show(tiles, themeName),
    () => undefined, // the page asks again
  );
  return { base, configuration };
}
