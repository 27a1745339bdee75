/** The command palette: one input that finds aircraft, places, countries, past flights and commands. */

import "./listbox.css";
import "./palette.css";
import { element, make } from "../core/elements.ts";
import { write } from "../core/units.ts";
import type { Identities } from "../store/identities.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import type { FilterName } from "../stream/query.ts";
import { readCoordinates } from "./coordinates.ts";
import { highlight } from "./highlight.ts";
import { Listbox, type ListGroup, type ListOption } from "./listbox.ts";
import { type PlaceActions, PlaceOptions } from "./place-options.ts";
import {
  type AircraftHit,
  type NameCount,
  normalizeName,
  type SearchResult,
  search,
} from "./search.ts";

export interface Command {
  name: string;
  /** The key that runs the command outside the palette. */
  keys?: string;
  run(): void;
}

export interface PaletteActions extends PlaceActions {
  select(icao24: string): void;
  setFilter(name: FilterName, value: string): void;
  findFlights(callsign: string): void;
  commands: readonly Command[];
}

/** Results of a kind; more would push the commands off the screen. */
const MAX_AIRCRAFT = 6;
const MAX_COUNTRIES = 3;
/** A callsign or the beginning of one. */
const CALLSIGN_PREFIX = /^[A-Z0-9]{2,8}$/;
const KEY_HINTS: readonly [keys: string, action: string][] = [
  ["↑ ↓", "choose"],
  ["Enter", "open"],
  ["Esc", "close"],
];

export class Palette {
  private readonly dialog: HTMLDialogElement;
  private readonly store: Store;
  private readonly identities: Identities;
  private readonly actions: PaletteActions;
  private readonly input = make("input", {
    type: "text",
    placeholder: "Callsign, registration, airport, city …",
    "aria-label": "Search",
    enterkeyhint: "go",
    autocapitalize: "none",
  });
  private readonly results = new Listbox(this.input, "palette-list", "Search results");
  private readonly places: PlaceOptions;
  private readonly status = make("p", { class: "status", role: "status" });

  constructor(
    dialog: HTMLDialogElement,
    store: Store,
    identities: Identities,
    actions: PaletteActions,
  ) {
    this.dialog = dialog;
    this.store = store;
    this.identities = identities;
    this.actions = actions;
    this.places = new PlaceOptions(actions, () => this.addArrived());
    this.build();
    this.listen();
  }

  /** Opens the palette with an empty input; a key handler must prevent that its key is typed. */
  open(): void {
    if (this.dialog.open) {
      this.input.select();
      return;
    }
    this.input.value = "";
    this.dialog.showModal();
    this.identities.need("search", true);
    this.input.focus();
    this.places.load();
    this.updateResults();
  }

  close(): void {
    this.dialog.close();
  }

  private build(): void {
    const close = make("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => this.close());
    const hints = KEY_HINTS.map(([keys, action]) =>
      make("span", {}, make("kbd", {}, keys), action),
    );
    const keyHints = make("div", { class: "hints", "aria-hidden": "true" }, ...hints);
    const glass = make("span", { class: "glass", "aria-hidden": "true" });
    const field = make("div", { class: "field" }, glass, this.input, close);
    const foot = make("div", { class: "foot" }, this.status, keyHints);
    this.dialog.classList.add("palette");
    this.dialog.setAttribute("aria-label", "Search");
    this.dialog.replaceChildren(field, this.results.list, foot);
  }

  private listen(): void {
    this.input.addEventListener("input", () => this.updateResults());
    this.input.addEventListener("keydown", (event) => this.results.onKeyDown(event));
    this.dialog.addEventListener("keydown", (event) => this.onDialogKeyDown(event));
    watch(
      () => this.identities.revision.value,
      () => this.addArrived(),
    );
    this.dialog.addEventListener("close", () => {
      this.identities.need("search", false);
      // The browser returns the focus to where it was, unless that was nowhere or is hidden now. The
      // hidden input may keep it until the next frame.
      const { activeElement } = document;
      if (activeElement === document.body || this.dialog.contains(activeElement)) {
        element("open-palette").focus();
      }
    });
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog) {
        this.close(); // a click on the backdrop
      }
    });
  }

  /** Keeps key presses from the page, whose shortcuts they would trigger. */
  private onDialogKeyDown(event: KeyboardEvent): void {
    if (!this.dialog.open) {
      return; // it has just closed, and its input has the focus until the next frame
    }
    event.stopPropagation();
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault(); // in browsers Ctrl K focuses the address bar
      this.close();
    }
  }

  /** Shows what the server has answered since, unless that would undo a choice by arrow key. */
  private addArrived(): void {
    if (this.dialog.open && this.results.activeIndex <= 0) {
      this.updateResults();
    }
  }

  private updateResults(): void {
    const text = this.input.value.trim();
    const found = search(this.store.fleet, text, MAX_AIRCRAFT, (icao24) =>
      this.identities.of(icao24),
    );
    const countries = found.countries.slice(0, MAX_COUNTRIES);
    const callsign = text.toUpperCase();
    const commands = this.commandOptions(text);
    const places = this.places.groups(text, readCoordinates(text), (content, run) =>
      this.option(content, run),
    );
    const groups: ListGroup[] = [
      { name: "Aircraft", options: found.aircraft.map((hit) => this.aircraftOption(hit, text)) },
      ...places.first,
      { name: "Countries", options: countries.map((hit) => this.countryOption(hit, text)) },
      { name: "Commands", options: commands },
      ...places.last,
      // Last, because nearly every text may be the beginning of a callsign.
      {
        name: "History",
        options: CALLSIGN_PREFIX.test(callsign) ? [this.flightsOption(callsign)] : [],
      },
    ];
    this.results.show(groups, 0);
    this.results.list.scrollTop = 0;
    const hasResults = found.matching + countries.length + commands.length + places.count > 0;
    const rest = hasResults ? describeRest(found) : `No results for “${text}”`;
    this.status.textContent = this.places.notice || rest;
  }

  private aircraftOption({ icao24, slot }: AircraftHit, text: string): ListOption {
    const { fleet, units } = this.store;
    const isOnGround = fleet.measure("on_ground", slot) === 1;
    const altitude = write(fleet.measure("baro_altitude", slot), "altitude", units.value);
    const callsign = fleet.text("callsign", slot);
    const content = [
      make("span", { class: "name" }, ...highlight(callsign ?? icao24, text)),
      make("span", { class: "code" }, ...(callsign === null ? [] : highlight(icao24, text, true))),
      make("span", { class: "place" }, ...this.placeOf(icao24, slot, text)),
      make("span", { class: "figure" }, isOnGround ? "on the ground" : altitude),
    ];
    return this.option(content, () => this.actions.select(icao24));
  }

  /** Returns what an aircraft is known for besides its callsign: its identity, or else its country. */
  private placeOf(icao24: string, slot: number, text: string): (Node | string)[] {
    const { registration, type, operator } = this.identities.of(icao24) ?? {};
    const parts = [registration, type, operator].filter((part) => part != null);
    return parts.length > 0
      ? highlight(parts.join(" · "), text)
      : [this.store.fleet.text("origin_country", slot) ?? ""];
  }

  private countryOption({ name, aircraft }: NameCount, text: string): ListOption {
    const figure = `${aircraft.toLocaleString("en")} aircraft`;
    const content = [
      make("span", { class: "name wide" }, "Only ", ...highlight(name, text)),
      make("span", { class: "figure" }, figure),
    ];
    return this.option(content, () => this.actions.setFilter("country", name));
  }

  private flightsOption(callsign: string): ListOption {
    const content = make("span", { class: "name wide" }, `Past flights of ${callsign}…`);
    return this.option([content], () => this.actions.findFlights(callsign));
  }

  private commandOptions(text: string): ListOption[] {
    const words = normalizeName(text).split(/\s+/);
    const matching = this.actions.commands.filter(({ name }) =>
      words.every((word) => normalizeName(name).includes(word)),
    );
    return matching.map(({ name, keys, run }) => {
      const caps = (keys ?? "").split(" ").filter((key) => key !== "");
      const figure = make("span", { class: "figure" }, ...caps.map((key) => make("kbd", {}, key)));
      const title = make("span", { class: "name wide" }, ...highlight(name, text));
      return this.option([title, figure], () => run());
    });
  }

  /** Returns an option that closes the palette before it runs, as `run` may move the focus. */
  private option(content: readonly Node[], run: () => void): ListOption {
    const choose = () => {
      this.close();
      run();
    };
    return { content, run: choose };
  }
}

/** Returns how many aircraft match, if not all of them are shown; else an empty text. */
function describeRest({ matching, aircraft }: SearchResult): string {
  const all = matching.toLocaleString("en");
  return matching > aircraft.length
    ? `${aircraft.length} of ${all} aircraft; type more to narrow`
    : "";
}
