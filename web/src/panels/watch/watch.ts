/** All of the watch list on the page: its panel, its notices, and the button in the details. */

import { element } from "../../core/elements.ts";
import type { Store } from "../../store/store.ts";
import { watch } from "../../store/watch.ts";
import { isSameEntry, type WatchEntry } from "../../store/watch-list.ts";
import type { WatchedAircraft } from "../../store/watched-aircraft.ts";
import { WatchNotices } from "./watch-notices.ts";
import { notifyOfWatched } from "./watch-notifications.ts";
import { WatchPanel } from "./watch-panel.ts";

export interface WatchActions {
  /** Shows one of the aircraft. */
  visit(icao24: string): void;
  /** Lists aircraft in the table. */
  list(addresses: readonly string[]): void;
}

export function renderWatched(store: Store, watched: WatchedAircraft, actions: WatchActions): void {
  new WatchPanel(element("watch-list"), watched);
  new WatchNotices(element("watched"), store, watched, actions);
  notifyOfWatched(store, watched, actions.visit);
  bindButton(store, watched);
}

/** Makes the button in the details put the selected aircraft on the list, or take it off. */
function bindButton(store: Store, watched: WatchedAircraft): void {
  const button = element("watch-aircraft");
  const entryOf = (icao24: string): WatchEntry => ({ kind: "icao24", pattern: icao24 });
  const isListed = (icao24: string) =>
    watched.entries.value.some((entry) => isSameEntry(entry, entryOf(icao24)));
  button.addEventListener("click", () => {
    const icao24 = store.icao24.value;
    if (icao24 === null) {
      return;
    }
    if (isListed(icao24)) {
      watched.remove(entryOf(icao24));
    } else if (watched.add(entryOf(icao24)) !== null) {
      store.side.value = "watch"; // the list is full, and only there can the user remove something
    }
  });
  watch(
    () => store.icao24.value !== null && isListed(store.icao24.value),
    (isPressed) => {
      button.ariaPressed = String(isPressed);
    },
  );
}
