/** The panel of the watch list: its entries, a form for a new one, and the switch for notifications. */

import "./watch.css";
import { make, put } from "../../core/elements.ts";
import { watch } from "../../store/watch.ts";
import {
  MAX_ENTRIES,
  parseEntry,
  WATCH_KINDS,
  type WatchEntry,
  type WatchKind,
} from "../../store/watch-list.ts";
import type { WatchedAircraft } from "../../store/watched-aircraft.ts";
import { requestNotifications } from "./watch-notifications.ts";

const EMPTY = "Nothing is watched. Add a callsign, an aircraft, a type or a squawk.";
const NAMES: Record<WatchKind, string> = {
  callsign: "callsign",
  icao24: "icao24",
  registration: "registration",
  type: "type",
  squawk: "squawk",
};

export class WatchPanel {
  private readonly watched: WatchedAircraft;
  private readonly kind = make(
    "select",
    { id: "watch-kind", "aria-label": "What to watch" },
    ...WATCH_KINDS.map((kind) => make("option", { value: kind }, NAMES[kind])),
  );
  private readonly pattern = make("input", {
    id: "watch-pattern",
    type: "text",
    placeholder: "SWR*",
    "aria-label": "Value to watch for",
    "aria-describedby": "watch-problem",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    "data-first-focus": "",
  });
  private readonly problem = make("p", { id: "watch-problem", class: "problem", role: "alert" });
  private readonly list = make("ul", { "aria-label": "Watched" });
  private readonly empty = make("p", { class: "note" }, EMPTY);
  private readonly count = make("p", { class: "note", role: "status" });
  private readonly notify = make("input", { type: "checkbox", id: "watch-notify" });
  private readonly notifyProblem = make("p", { class: "problem", role: "alert" });

  constructor(host: HTMLElement, watched: WatchedAircraft) {
    this.watched = watched;
    const form = make(
      "form",
      {},
      this.kind,
      this.pattern,
      make("button", { type: "submit" }, "Add"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.add();
    });
    this.notify.addEventListener("change", () => void this.setNotifying());
    const help = make("small", {}, "while another window or tab is in front; without a sound");
    const label = make("span", {}, "Show notifications of the browser ", help);
    host.classList.add("watch-panel");
    host.append(
      form,
      this.problem,
      this.list,
      this.empty,
      this.count,
      make("label", { class: "switch" }, this.notify, label),
      this.notifyProblem,
      make(
        "p",
        { class: "note" },
        "The list stays in this browser. Filters apply: an aircraft that they hide is not noticed.",
      ),
    );
    this.subscribe();
  }

  private subscribe(): void {
    const { watched } = this;
    watch(
      () => watched.entries.value,
      (entries) => this.showEntries(entries),
    );
    watch(
      () => [watched.entries.value, watched.matches.value] as const,
      ([entries, matches]) => {
        const counts = countByEntry(matches);
        [...this.list.children].forEach((item, index) => {
          const aircraft = counts.get(keyOf(entries[index])) ?? 0;
          put(item.querySelector("output") as HTMLElement, aircraft === 0 ? "" : `${aircraft} now`);
        });
      },
    );
    watch(
      () => watched.isNotifying.value,
      (isNotifying) => {
        this.notify.checked = isNotifying;
      },
    );
  }

  private add(): void {
    const entry = parseEntry(this.kind.value as WatchKind, this.pattern.value);
    const problem = entry instanceof Error ? entry.message : this.watched.add(entry);
    put(this.problem, problem ?? "");
    this.pattern.ariaInvalid = String(problem !== null);
    if (problem === null) {
      this.pattern.value = "";
    }
    this.pattern.focus();
  }

  private showEntries(entries: readonly WatchEntry[]): void {
    this.list.replaceChildren(...entries.map((entry) => this.makeItem(entry)));
    this.empty.hidden = entries.length > 0;
    put(this.count, entries.length === 0 ? "" : `${entries.length} of at most ${MAX_ENTRIES}`);
  }

  private makeItem(entry: WatchEntry): HTMLElement {
    const name = `${NAMES[entry.kind]} ${entry.pattern}`;
    const remove = make(
      "button",
      { type: "button", class: "close", "aria-label": `Remove ${name}` },
      "×",
    );
    remove.addEventListener("click", () => this.remove(entry));
    return make(
      "li",
      {},
      make("span", { class: "kind" }, NAMES[entry.kind]),
      make("span", { class: "pattern" }, entry.pattern),
      make("output", {}),
      remove,
    );
  }

  /** Removes an entry, and moves the focus to the one in its place: keyboard users can remove several. */
  private remove(entry: WatchEntry): void {
    const index = this.watched.entries.value.indexOf(entry);
    this.watched.remove(entry);
    const buttons = this.list.querySelectorAll("button");
    (buttons[index] ?? buttons[buttons.length - 1] ?? this.pattern).focus();
  }

  private async setNotifying(): Promise<void> {
    const problem = this.notify.checked ? await requestNotifications() : "";
    put(this.notifyProblem, problem);
    this.notify.checked &&= problem === "";
    this.watched.setNotifying(this.notify.checked);
  }
}

function countByEntry(matches: ReadonlyMap<string, WatchEntry>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of matches.values()) {
    counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
  }
  return counts;
}

function keyOf(entry: WatchEntry | undefined): string {
  return `${entry?.kind} ${entry?.pattern}`;
}
