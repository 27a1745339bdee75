/** Makes what the user opens a step of the browser's history, so that Back closes it again. */

import { batch } from "@preact/signals-core";
import type { Playback } from "./core/playback.ts";
import { type AddressState, readAddress, type Side, writeAddress } from "./store/address.ts";
import type { Selected, Store } from "./store/store.ts";

/** What Back and Forward restore; filters, units and the place of the map stay as they are. */
interface View {
  side: Side | null;
  isTableOpen: boolean;
  selected: Selected | null;
  /** At the moment that was on the screen; null is live. */
  playback: Playback | null;
}

/** The state of an entry of the browser's history. */
interface Entry {
  view: View;
  /** The view of the entry before it; null if that one is not of this page. */
  before: View | null;
}

export class BrowserHistory {
  private readonly store: Store;
  private readonly onScreen: () => AddressState;
  private entry: Entry;
  /** Whether the browser was asked to go back, which it does later. */
  private isGoingBack = false;

  /** @param onScreen Returns what the address is to say: what is on the screen. */
  constructor(store: Store, onScreen: () => AddressState) {
    this.store = store;
    this.onScreen = onScreen;
    // A reload keeps the state of its entry.
    const before = (history.state as Entry | null)?.before ?? null;
    this.entry = { view: viewOf(store), before };
    addEventListener("popstate", (event) => this.onPopState(event.state as Entry | null));
  }

  /**
   * Writes the address into the browser's history: into a new entry if something was opened, else into
   * the present one. When what was opened last is closed on the page, its entry is left by going
   * back, so that Back never opens it again.
   */
  write(): void {
    if (this.isGoingBack) {
      return;
    }
    const state = this.onScreen();
    const address = writeAddress(state, this.store.kept.value);
    const view = { ...viewOf(this.store), playback: state.playback };
    const { entry } = this;
    if (entry.before !== null && isSame(view, entry.before) && !isSame(view, entry.view)) {
      this.isGoingBack = true;
      history.back();
    } else if (opensMore(entry.view, view)) {
      this.entry = { view, before: entry.view };
      history.pushState(this.entry, "", address);
    } else {
      this.entry = { view, before: entry.before };
      history.replaceState(this.entry, "", address);
    }
  }

  private onPopState(state: Entry | null): void {
    this.entry = state ?? { view: viewOfAddress(), before: null };
    if (this.isGoingBack) {
      // The page is there already, or has gone on in the meantime.
      this.isGoingBack = false;
    } else {
      restore(this.store, this.entry.view);
    }
    this.write();
  }
}

function restore(store: Store, view: View): void {
  batch(() => {
    store.side.value = view.side;
    store.isTableOpen.value = view.isTableOpen;
    if (view.selected?.icao24 !== store.icao24.value) {
      store.selected.value = view.selected;
    }
    if ((view.playback === null) !== store.isLive.value) {
      store.seek(view.playback);
    }
  });
}

function viewOf(store: Store): View {
  return {
    side: store.side.value,
    isTableOpen: store.isTableOpen.value,
    selected: store.selected.value,
    playback: store.playback.value,
  };
}

/** Returns the view of an entry that the page has not made, as after a change of the address by hand. */
function viewOfAddress(): View {
  const { side, isTableOpen, selected, playback } = readAddress(location.search);
  return {
    side,
    isTableOpen,
    selected: selected === null ? null : { icao24: selected, flight: null },
    playback,
  };
}

/** Whether two views have the same open; where a replay stands makes no difference. */
function isSame(one: View, other: View): boolean {
  return !opensMore(one, other) && !opensMore(other, one);
}

function opensMore(before: View, after: View): boolean {
  return (
    (after.side !== null && after.side !== before.side) ||
    (after.isTableOpen && !before.isTableOpen) ||
    (after.selected !== null && after.selected.icao24 !== before.selected?.icao24) ||
    (after.playback !== null && before.playback === null)
  );
}
