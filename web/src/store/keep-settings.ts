/** Keeps the settings that the user changes on the page. */

import { readSettings, type Settings, writeSettings } from "./settings.ts";
import type { Store } from "./store.ts";
import { watch } from "./watch.ts";

/** Keeps each setting that changes from now on; one that came with a link is not kept. */
export function keepSettings(store: Store): void {
  let before = settingsOf(store);
  watch(
    () => settingsOf(store),
    (now) => {
      const names = Object.keys(now) as (keyof Settings)[];
      const changes = names.filter((name) => now[name] !== before[name]);
      before = now;
      if (changes.length > 0) {
        // Another tab may have kept other settings in the meantime.
        const changed = Object.fromEntries(changes.map((name) => [name, now[name]]));
        store.kept.value = { ...readSettings(), ...changed };
        writeSettings(store.kept.value);
      }
    },
  );
}

function settingsOf(store: Store): Settings {
  return {
    units: store.units.value,
    theme: store.theme.value,
    isGliding: store.isGliding.value,
    labels: store.labels.value,
    rings: store.rings.value,
    columns: store.columns.value,
  };
}
