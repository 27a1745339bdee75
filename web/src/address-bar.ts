/** Keeps the browser's address equal to the state of the page, for a reload or a link. */

import { BrowserHistory } from "./browser-history.ts";
import { putInto } from "./core/elements.ts";
import type { Playback } from "./core/playback.ts";
import type { AddressState } from "./store/address.ts";
import { type Home, writeHome } from "./store/home.ts";
import type { Store } from "./store/store.ts";
import { watch } from "./store/watch.ts";

/** The pause between moves of the map: browsers refuse more than a few hundred changes in 30 s. */
const MOVE_PAUSE_MS = 500;
/** The seconds between two changes while a replay runs. */
const REPLAY_PAUSE_S = 2;
/** How long the button confirms that the link was copied. */
const COPIED_MS = 2_000;

export class AddressBar {
  private readonly store: Store;
  private readonly history: BrowserHistory;
  private readonly moment: () => Playback | null;
  /** The playback that the user went to last; null is live. */
  private sought: Playback | null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param moment Returns the playback at the time that is on the screen; null if there is none. */
  constructor(store: Store, moment: () => Playback | null) {
    this.store = store;
    this.history = new BrowserHistory(store, () => this.onScreen());
    this.moment = moment;
    this.sought = store.playback.value;
    watch(
      () => [store.addressState.value, store.kept.value],
      () => this.write(),
    );
    watch(
      () => store.place.value,
      () => this.writeSoon(),
    );
    watch(
      () => store.seconds.value,
      (seconds) => {
        if (seconds % REPLAY_PAUSE_S === 0 && (store.playback.value?.speed ?? 0) > 0) {
          this.write();
        }
      },
    );
  }

  write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.history.write();
  }

  /** Returns what is on the screen; right after a seek, which the stream follows later, its target. */
  private onScreen(): AddressState {
    const { addressState, place, playback } = this.store;
    const target = playback.value;
    const moment = target === null || target !== this.sought ? target : (this.moment() ?? target);
    this.sought = target;
    return { ...addressState.value, place: place.value, playback: moment };
  }

  private writeSoon(): void {
    this.timer ??= setTimeout(() => this.write(), MOVE_PAUSE_MS);
  }

  /** Copies the address of what is on the screen with a home, which the address itself leaves out. */
  async copyWithHome(home: Home): Promise<void> {
    this.write();
    const address = new URL(location.href);
    address.searchParams.set("home", writeHome(home));
    await navigator.clipboard.writeText(address.href.replaceAll("%2C", ","));
  }

  /** Copies the address of what is on the screen, and confirms it on the button. */
  async copy(): Promise<void> {
    this.write();
    await navigator.clipboard.writeText(location.href);
    putInto("copy", "Copied");
    setTimeout(() => putInto("copy", "Copy link"), COPIED_MS);
  }
}
