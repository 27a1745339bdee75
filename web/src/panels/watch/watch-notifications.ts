/** Notifications of the browser about watched aircraft, if the user has allowed them. */

import type { Store } from "../../store/store.ts";
import { watch } from "../../store/watch.ts";
import type { WatchMatch } from "../../store/watch-list.ts";
import type { WatchedAircraft } from "../../store/watched-aircraft.ts";

/** The least time between two notifications; aircraft that come in between are in the next one. */
const PAUSE_MS = 10_000;
/** A notification names at most this many aircraft. */
const MAX_NAMED = 3;
const UNSUPPORTED =
  "This browser has no notifications here. Browsers have them on pages over https and on this machine itself.";
const REFUSED =
  "The browser was not allowed to show notifications. Allow them beside the address, and try again.";

/** Asks the user for the permission; returns an empty text, or why there will be no notifications. */
export async function requestNotifications(): Promise<string> {
  if (!canNotify()) {
    return UNSUPPORTED;
  }
  const permission = await Notification.requestPermission();
  return permission === "granted" ? "" : REFUSED;
}

/** Notifies of each aircraft that comes while the page is not in front. */
export function notifyOfWatched(
  store: Store,
  watched: WatchedAircraft,
  visit: (icao24: string) => void,
): void {
  let waiting: WatchMatch[] = [];
  let isPaused = false;
  const send = () => {
    isPaused = waiting.length > 0;
    if (isPaused) {
      notify(store, waiting, visit);
      waiting = [];
      setTimeout(send, PAUSE_MS);
    }
  };
  watch(
    () => watched.arrived.value,
    (arrived) => {
      const isWanted = watched.isNotifying.value && store.isLive.value && !document.hasFocus();
      if (isWanted && arrived.length > 0) {
        const present = watched.matches.value;
        waiting = [...waiting.filter(({ icao24 }) => present.has(icao24)), ...arrived];
        if (!isPaused) {
          send();
        }
      }
    },
  );
}

function notify(
  store: Store,
  matches: readonly WatchMatch[],
  visit: (icao24: string) => void,
): void {
  if (!mayNotify()) {
    return;
  }
  const { fleet } = store;
  const names = matches.map(
    ({ icao24 }) => fleet.text("callsign", fleet.slotOf(icao24) ?? -1) ?? icao24,
  );
  const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  const [first] = matches;
  const body = matches.length === 1 ? `${first?.entry.kind} ${first?.entry.pattern}` : "";
  try {
    const title = `${names.slice(0, MAX_NAMED).join(", ")}${rest}`;
    const notification = new Notification(title, {
      body,
      silent: true,
      tag: "flight-monitor-watch",
    });
    notification.addEventListener("click", () => {
      window.focus();
      visit(first?.icao24 ?? "");
      notification.close();
    });
  } catch {
    // Chrome on Android has notifications for service workers only.
  }
}

/** Whether the user has allowed notifications. */
export function mayNotify(): boolean {
  return canNotify() && Notification.permission === "granted";
}

function canNotify(): boolean {
  return "Notification" in window && isSecureContext;
}
