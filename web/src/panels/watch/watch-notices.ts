/** The watched aircraft that are there now, at the top of the page. */

import { make } from "../../core/elements.ts";
import type { Store } from "../../store/store.ts";
import { watch } from "../../store/watch.ts";
import type { WatchMatch } from "../../store/watch-list.ts";
import type { WatchedAircraft } from "../../store/watched-aircraft.ts";

/** Further aircraft are only in the list that a button opens. */
const MAX_SHOWN = 3;
/** The most aircraft that the button lists: their addresses are in the page's address. */
const MAX_LISTED = 200;

export interface NoticeActions {
  visit(icao24: string): void;
  list(addresses: readonly string[]): void;
}

export class WatchNotices {
  private readonly host: HTMLElement;
  private readonly store: Store;
  private readonly watched: WatchedAircraft;
  private readonly actions: NoticeActions;
  private rendered = "";

  constructor(host: HTMLElement, store: Store, watched: WatchedAircraft, actions: NoticeActions) {
    this.host = host;
    this.store = store;
    this.watched = watched;
    this.actions = actions;
    host.setAttribute("role", "status");
    host.setAttribute("aria-label", "Watched aircraft");
    watch(
      () => watched.noticed.value,
      (noticed) => this.show(noticed),
    );
  }

  private show(noticed: readonly WatchMatch[]): void {
    const texts = noticed.slice(0, MAX_SHOWN).map((match) => this.textOf(match));
    const next = JSON.stringify([texts, noticed.length]);
    // Unchanged buttons stay: one that is replaced while it is pressed receives no click.
    if (next !== this.rendered) {
      this.rendered = next;
      this.host.hidden = noticed.length === 0;
      this.host.replaceChildren(...this.buttonsOf(noticed, texts));
    }
  }

  private textOf({ icao24, entry }: WatchMatch): string {
    const { fleet } = this.store;
    const name = fleet.text("callsign", fleet.slotOf(icao24) ?? -1) ?? icao24;
    return entry.pattern === name ? name : `${name} · ${entry.kind} ${entry.pattern}`;
  }

  private buttonsOf(noticed: readonly WatchMatch[], texts: readonly string[]): HTMLElement[] {
    if (noticed.length === 0) {
      return [];
    }
    const buttons = texts.map((text, index) => {
      const icao24 = noticed[index]?.icao24 ?? "";
      return button({ title: "Show this aircraft" }, text, () => this.actions.visit(icao24));
    });
    if (noticed.length > 1) {
      const addresses = noticed.slice(0, MAX_LISTED).map(({ icao24 }) => icao24);
      const text = `List all ${noticed.length}`;
      buttons.push(button({ class: "all" }, text, () => this.actions.list(addresses)));
    }
    const attributes = { class: "all dismiss", "aria-label": "Dismiss watched aircraft" };
    buttons.push(button(attributes, "×", () => this.watched.dismiss()));
    return buttons;
  }
}

function button(
  attributes: Readonly<Record<string, string>>,
  text: string,
  run: () => void,
): HTMLButtonElement {
  const made = make("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", run);
  return made;
}
