/** Keeps the browser's address at what is shown, so that a reload or a link shows the same. */

import { type Shown, writeAddress } from "./core/address.ts";
import { say } from "./core/elements.ts";

/** Browsers refuse more than some hundred changes in half a minute; who follows an aircraft moves on and on. */
const SOON_MS = 500;

export class AddressBar {
  private readonly shown: () => Shown;
  private due: ReturnType<typeof setTimeout> | undefined;

  constructor(shown: () => Shown) {
    this.shown = shown;
  }

  write(): void {
    clearTimeout(this.due);
    this.due = undefined;
    history.replaceState(null, "", writeAddress(this.shown()));
  }

  /** Writes a little later, once for all that has asked for it until then. */
  writeSoon(): void {
    this.due ??= setTimeout(() => this.write(), SOON_MS);
  }
}

/** Copies the address of what is on the screen, and says so for a moment. */
export async function copyLink(): Promise<void> {
  await navigator.clipboard.writeText(location.href);
  say("copy", "Copied");
  setTimeout(() => say("copy", "Copy link"), 2_000);
}
