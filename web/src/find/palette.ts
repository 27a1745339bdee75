/** The palette: one field that finds aircraft, countries, past flights and commands. */

import "./listbox.css";
import "./palette.css";
import { make } from "../core/elements.ts";
import { type System, write } from "../core/units.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { FilterName } from "../stream/query.ts";
import { Listbox, type ListGroup, type ListOption } from "./listbox.ts";
import { type AircraftHit, type CountryHit, findIn, type Hits, plain, search } from "./search.ts";

export interface Command {
  name: string;
  /** The key that does the same. */
  keys?: string;
  run(): void;
}

export interface PaletteActions {
  select(icao24: string): void;
  setFilter(name: FilterName, value: string): void;
  findFlights(callsign: string): void;
  commands: readonly Command[];
  system(): System;
}

const AIRCRAFT_SHOWN = 6;
const COUNTRIES_SHOWN = 3;
/** What may be the beginning of a callsign. */
const CALLSIGN = /^[A-Z0-9]{2,8}$/;
const HINTS: readonly [keys: string, what: string][] = [
  ["↑ ↓", "choose"],
  ["Enter", "open"],
  ["Esc", "close"],
];

export class Palette {
  private readonly dialog: HTMLDialogElement;
  private readonly fleet: Fleet;
  private readonly actions: PaletteActions;
  private readonly input = make("input", {
    type: "text",
    placeholder: "Callsign, icao24, country or command",
    "aria-label": "Search",
    enterkeyhint: "go",
    autocapitalize: "none",
  });
  private readonly box = new Listbox(this.input, "palette-list", "What was found");
  private readonly status = make("p", { class: "status", role: "status" });

  constructor(dialog: HTMLDialogElement, fleet: Fleet, actions: PaletteActions) {
    this.dialog = dialog;
    this.fleet = fleet;
    this.actions = actions;
    this.build();
    this.listen();
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  /** Opens it, empty; who binds a letter to this keeps it from being typed by `preventDefault`. */
  open(): void {
    if (this.dialog.open) {
      this.input.select();
      return;
    }
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    this.find();
  }

  close(): void {
    this.dialog.close();
  }

  private build(): void {
    const close = make("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => this.close());
    const hints = HINTS.map(([keys, what]) => make("span", {}, make("kbd", {}, keys), what));
    const footer = make("div", { class: "hints", "aria-hidden": "true" }, ...hints);
    const glass = make("span", { class: "glass", "aria-hidden": "true" });
    const field = make("div", { class: "field" }, glass, this.input, close);
    const foot = make("div", { class: "foot" }, this.status, footer);
    this.dialog.classList.add("palette");
    this.dialog.setAttribute("aria-label", "Search");
    this.dialog.replaceChildren(field, this.box.list, foot);
  }

  private listen(): void {
    this.input.addEventListener("input", () => this.find());
    this.input.addEventListener("keydown", (event) => this.box.take(event));
    this.dialog.addEventListener("keydown", (event) => this.keep(event));
    this.dialog.addEventListener("click", ({ target }) => {
      if (target === this.dialog) {
        this.close(); // beside the dialog: its backdrop
      }
    });
  }

  /** What is typed here is not for the page, whose keys do other things. */
  private keep(event: KeyboardEvent): void {
    if (!this.dialog.open) {
      return; // closed, though its field has the focus until the next frame
    }
    event.stopPropagation();
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault(); // what has opened it closes it; browsers search the web by this
      this.close();
    }
  }

  private find(): void {
    const text = this.input.value.trim();
    const hits = search(this.fleet, text, AIRCRAFT_SHOWN);
    const countries = hits.countries.slice(0, COUNTRIES_SHOWN);
    const callsign = text.toUpperCase();
    const commands = this.commands(text);
    const groups: ListGroup[] = [
      { name: "Aircraft", options: hits.aircraft.map((hit) => this.aircraft(hit, text)) },
      { name: "Countries", options: countries.map((hit) => this.country(hit, text)) },
      { name: "Commands", options: commands },
      // Last: nearly every text may be the beginning of a callsign.
      { name: "History", options: CALLSIGN.test(callsign) ? [this.flights(callsign)] : [] },
    ];
    this.box.show(groups, 0);
    this.box.list.scrollTop = 0;
    const isFound = hits.matching + countries.length + commands.length > 0;
    this.status.textContent = isFound ? tellOf(hits) : `Nothing is called “${text}” now`;
  }

  private aircraft({ icao24, slot }: AircraftHit, text: string): ListOption {
    const { fleet } = this;
    const isGrounded = fleet.measure("on_ground", slot) === 1;
    const altitude = write(fleet.measure("baro_altitude", slot), "altitude", this.actions.system());
    const callsign = fleet.text("callsign", slot);
    const content = [
      make("span", { class: "name" }, ...marked(callsign ?? icao24, text)),
      make("span", { class: "code" }, ...(callsign === null ? [] : marked(icao24, text, true))),
      make("span", { class: "place" }, fleet.text("origin_country", slot) ?? ""),
      make("span", { class: "figure" }, isGrounded ? "on the ground" : altitude),
    ];
    return this.option(content, () => this.actions.select(icao24));
  }

  private country({ name, aircraft }: CountryHit, text: string): ListOption {
    const figure = `${aircraft.toLocaleString("en")} aircraft`;
    const content = [
      make("span", { class: "name wide" }, "Only ", ...marked(name, text)),
      make("span", { class: "figure" }, figure),
    ];
    return this.option(content, () => this.actions.setFilter("country", name));
  }

  private flights(callsign: string): ListOption {
    const content = make("span", { class: "name wide" }, `Past flights of ${callsign}…`);
    return this.option([content], () => this.actions.findFlights(callsign));
  }

  private commands(text: string): ListOption[] {
    const words = plain(text).split(/\s+/);
    const matching = this.actions.commands.filter(({ name }) =>
      words.every((word) => plain(name).includes(word)),
    );
    return matching.map(({ name, keys, run }) => {
      const caps = (keys ?? "").split(" ").filter((key) => key !== "");
      const figure = make("span", { class: "figure" }, ...caps.map((key) => make("kbd", {}, key)));
      const title = make("span", { class: "name wide" }, ...marked(name, text));
      return this.option([title, figure], () => run());
    });
  }

  /** What is chosen happens once the palette is gone: it may want the focus. */
  private option(content: readonly Node[], run: () => void): ListOption {
    const choose = () => {
      this.close();
      run();
    };
    return { content, run: choose };
  }
}

/** Says how many there are, if they are not all shown. */
function tellOf({ matching, aircraft }: Hits): string {
  const all = matching.toLocaleString("en");
  return matching > aircraft.length
    ? `${aircraft.length} of ${all} aircraft: type more to narrow`
    : "";
}

/** Marks what was typed where a text holds it. */
function marked(text: string, typed: string, isPrefix = false): (Node | string)[] {
  const at = findIn(text, typed.toLowerCase());
  if (typed === "" || at < 0 || (isPrefix && at > 0)) {
    return [text];
  }
  const end = at + typed.length;
  return [text.slice(0, at), make("mark", {}, text.slice(at, end)), text.slice(end)];
}
