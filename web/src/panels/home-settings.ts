/** The part of the settings about the user's home: its place, its rings, and a filter around it. */

import "./home-settings.css";
import { element, make, put } from "../core/elements.ts";
import { unitOf } from "../core/units.ts";
import { type Home, parseHome, toHome, writeHome } from "../store/home.ts";
import { RING_DISTANCES } from "../store/settings.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";

/** How long the browser may search for its own place. */
const LOCATING_MS = 20_000;
/** A place that the browser found earlier is good for this long. */
const LOCATION_AGE_MS = 60_000;
const HELP = "Distances and directions are measured from here. It stays in this browser.";
const NOT_A_PLACE = "Enter latitude and longitude in degrees, such as 47.45, 8.56.";
const INSECURE = "Browsers give their place only to pages over https, and on this machine itself.";
const LOCATION_ERRORS: readonly string[] = [
  "The browser does not give its place.",
  "The browser was not allowed to give its place. Allow it beside the address, and try again.",
  "The browser does not know its place.",
  "The browser has not found its place in time. Try again.",
];

export interface HomeActions {
  /** Waits for a click on the map; null after a cancel. */
  pickPlace(): Promise<Home | null>;
  setFilter(name: "near", value: string | null): void;
  /** Copies a link that names home; rejects if the browser allows no copying. */
  copyWithHome(home: Home): Promise<void>;
}

export class HomeSettings {
  private readonly store: Store;
  private readonly actions: HomeActions;
  private readonly field = make("input", {
    type: "text",
    id: "home-place",
    placeholder: "47.45, 8.56",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "home-message",
  });
  private readonly message = make("p", { id: "home-message", role: "status" });
  private readonly rings = make("select", { id: "home-rings" });
  private readonly near = make("select", { id: "home-near" });
  private readonly withHome = make("div", { class: "with-home" });

  constructor(host: HTMLElement, store: Store, actions: HomeActions) {
    this.store = store;
    this.actions = actions;
    this.build(host);
    this.subscribe();
  }

  private build(host: HTMLElement): void {
    const middle = button("Middle of the map", () => this.setPlace(this.store.place.value));
    const pick = button("Click on the map", () => void this.pick());
    const locate = button("Where I am", () => this.locate());
    const copy = button("Copy link with home", () => void this.copy());
    const forget = button("Forget home", () => {
      this.store.setHome(null);
      this.field.focus();
    });
    this.withHome.append(
      make("label", {}, "Range rings every", this.rings),
      make("label", {}, "Only aircraft within", this.near),
      make("div", { class: "buttons" }, copy, forget),
    );
    host.classList.add("home-settings");
    host.setAttribute("role", "group");
    host.setAttribute("aria-labelledby", "home-title");
    host.append(
      make("h3", { id: "home-title" }, "Home"),
      make("label", { for: this.field.id }, "Latitude, longitude", this.field),
      this.message,
      make("div", { class: "buttons" }, middle, pick, locate),
      this.withHome,
    );
    this.field.addEventListener("change", () => this.readField());
    this.rings.addEventListener("change", () => {
      this.store.rings.value = Number(this.rings.value);
    });
    this.near.addEventListener("change", () => this.filter());
  }

  private subscribe(): void {
    const { store } = this;
    watch(
      () => store.home.value,
      (home) => {
        this.field.value = home === null ? "" : writeHome(home).replace(",", ", ");
        this.withHome.hidden = home === null;
        this.say(HELP);
      },
    );
    watch(
      () => [store.units.value, store.rings.value, store.filters.value, store.home.value] as const,
      () => this.showDistances(),
    );
  }

  /** Writes the distances in the user's unit. */
  private showDistances(): void {
    const { symbol, factor } = unitOf("distance", this.store.units.value);
    const { home, filters, rings } = this.store;
    const write = (distance: number) => `${distance} ${symbol}`;
    fill(
      this.rings,
      RING_DISTANCES.map((distance) => [String(distance), write(distance)]),
      "none",
    );
    this.rings.value = String(rings.value);
    const circle = (distance: number) => nearOf(home.value, distance / factor);
    const options = RING_DISTANCES.map((distance) => [circle(distance), write(distance)] as const);
    fill(this.near, options, "any distance");
    const isOption = options.some(([value]) => value === filters.value.get("near"));
    this.near.value = (isOption && filters.value.get("near")) || circle(0);
  }

  private filter(): void {
    const isNone = this.near.selectedIndex === 0;
    this.actions.setFilter("near", isNone ? null : this.near.value);
  }

  private readField(): void {
    const text = this.field.value.trim();
    const home = parseHome(text);
    if (text === "") {
      this.store.setHome(null);
    } else if (home === null) {
      this.say(`“${text}” is no place. ${NOT_A_PLACE}`, true);
    } else {
      this.store.setHome(home);
    }
  }

  private setPlace({ latitude, longitude }: Home): void {
    this.store.setHome(toHome(latitude, longitude));
  }

  private async pick(): Promise<void> {
    const place = await this.actions.pickPlace();
    if (place !== null) {
      this.setPlace(place);
    }
  }

  /** Asks the browser where it is; only this button does. */
  private locate(): void {
    if (!isSecureContext || navigator.geolocation === undefined) {
      this.say(INSECURE, true);
      return;
    }
    this.say("Looking for this place …");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.setPlace(coords),
      ({ code }) => this.say(LOCATION_ERRORS[code] ?? LOCATION_ERRORS[0] ?? "", true),
      { timeout: LOCATING_MS, maximumAge: LOCATION_AGE_MS },
    );
  }

  private async copy(): Promise<void> {
    const home = this.store.home.value;
    if (home === null) {
      return;
    }
    try {
      await this.actions.copyWithHome(home);
      this.say("Copied. The link shows where your home is to everyone who opens it.");
    } catch {
      this.say("The browser does not allow this page to copy.", true);
    }
  }

  private say(text: string, isProblem = false): void {
    put(this.message, text);
    this.message.classList.toggle("problem", isProblem);
    this.field.ariaInvalid = String(isProblem && text.includes(NOT_A_PLACE));
  }
}

/** Returns the value of the `near` filter; for no home and no distance it is still a value of its own. */
function nearOf(home: Home | null, kilometres: number): string {
  const place = home === null ? "" : writeHome(home);
  return `${place},${Number(kilometres.toFixed(3))}`;
}

/** Fills a select element whose first option stands for none. */
function fill(
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
  none: string,
): void {
  const made = options.map(([value, text], index) =>
    make("option", { value }, index === 0 ? none : text),
  );
  select.replaceChildren(...made);
}

function button(text: string, run: () => void): HTMLButtonElement {
  const made = make("button", { type: "button" }, text);
  made.addEventListener("click", run);
  return made;
}

export function renderHome(store: Store, actions: HomeActions): void {
  new HomeSettings(element("home-settings"), store, actions);
}
