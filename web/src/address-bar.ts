/** Keeps the browser's address equal to the state of the page, for a reload or a link. */

import { BrowserHistory } from "./browser-history.ts";
import { putInto } from "./core/elements.ts";
import type { Store } from "./store/store.ts";
import { watch } from "./store/watch.ts";

/** The pause between moves of the map: browsers refuse more than a few hundred changes in 30 s. */
const MOVE_PAUSE_MS = 500;
/** How long the button confirms that the link was copied. */
const COPIED_MS = 2_000;

export class AddressBar {
  private readonly store: Store;
  private readonly history: BrowserHistory;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store) {
    this.store = store;
    this.history = new BrowserHistory(store);
    watch(
      () => store.addressState.value,
      () => this.write(),
    );
    watch(
      () => store.place.value,
      () => this.writeSoon(),
    );
  }

  write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.history.write(this.store.address.value);
  }

  private writeSoon(): void {
    this.timer ??= setTimeout(() => this.write(), MOVE_PAUSE_MS);
  }

  /** Copies the address of what is on the screen, and confirms it on the button. */
  async copy(): Promise<void> {
    this.write();
    await navigator.clipboard.writeText(location.href);
    putInto("copy", "Copied");
    setTimeout(() => putInto("copy", "Copy link"), COPIED_MS);
  }
}
