/** The panel that finds past flights by callsign, address, country or airport, and shows or replays them. */

import "./past-flights.css";
import { make } from "../core/elements.ts";
import { type FlightsQuery, fetchFlights, isAbort } from "../history/history-client.ts";
import type { Flight } from "../history/responses.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { type FlightActions, flightRow } from "./flight-row.ts";
import { KINDS, type Kind, queryOf } from "./flights-search.ts";
import { dayOf } from "./time-range.ts";

/** The number of flights per request. */
const PAGE_SIZE = 50;

/** The placeholder of the text field. */
const EXAMPLES: Record<Kind, string> = {
  callsign: "SWR7EA, or SWR",
  icao24: "4b1814",
  country: "Switzerland",
  airport: "ZRH, or LSZH",
};

export class PastFlights {
  private flights: Flight[] = [];
  private query: FlightsQuery = {};
  private next: string | null = null;
  private abort = new AbortController();
  private readonly store: Store;
  private readonly actions: FlightActions;
  private readonly kind = make("select", { "aria-label": "Search by" });
  private readonly text = make("input", {
    type: "search",
    "aria-label": "What to search for",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "64",
    "data-first-focus": "",
  });
  private readonly day = make("input", { type: "date" });
  private readonly ground = make("input", { type: "checkbox" });
  private readonly status = make("p", { class: "past-status", role: "status" });
  private readonly retry = make("button", { type: "button" }, "Try again");
  private readonly list = make("ol", { class: "past-list", "aria-label": "Past flights" });
  private readonly more = make("button", { type: "button", class: "past-more" }, "More");

  constructor(host: HTMLElement, store: Store, actions: FlightActions) {
    this.store = store;
    this.actions = actions;
    this.build(host);
    this.changeKind();
    this.setStatus("All received flights are stored. The newest come first.");
    watch(
      () => store.units.value,
      () => this.list.replaceChildren(...this.flights.map((flight) => this.row(flight))),
    );
    watch(
      () => dayOf(store.newest.value),
      (today) => {
        if (this.day.max !== today) {
          this.day.max = today;
        }
      },
    );
  }

  /** Finds the flights whose callsign begins like this; or those of an airport, by its code. */
  find(text: string, kind: "callsign" | "airport" = "callsign"): void {
    this.kind.value = kind;
    this.text.value = text;
    this.day.value = "";
    this.changeKind();
    this.search({ movesFocus: true });
  }

  private build(host: HTMLElement): void {
    this.kind.append(...KINDS.map((kind) => make("option", { value: kind }, kind)));
    const form = make(
      "form",
      { class: "past-form", role: "search" },
      this.kind,
      this.text,
      make("label", {}, "on", this.day),
      make("label", {}, this.ground, "Include aircraft that stayed on the ground"),
      make("button", { type: "submit" }, "Search"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search({ movesFocus: true });
    });
    this.kind.addEventListener("change", () => this.changeKind());
    this.ground.addEventListener("change", () => this.searchAgain());
    this.more.addEventListener("click", () => void this.load());
    this.retry.addEventListener("click", () => void this.load());
    host.classList.add("past-flights");
    host.append(form, this.status, this.retry, this.list, this.more);
  }

  private changeKind(): void {
    this.text.placeholder = EXAMPLES[this.kind.value as Kind];
  }

  /** @param options.movesFocus Whether the focus goes on to the first flight that is found. */
  private search({ movesFocus }: { movesFocus: boolean }): void {
    const [kind, text, day] = [this.kind.value as Kind, this.text.value, this.day.value];
    const query = queryOf({ kind, text, day });
    this.abort.abort();
    this.flights = [];
    this.next = null;
    this.list.replaceChildren();
    if (typeof query === "string") {
      this.setStatus(query);
      this.text.focus();
      return;
    }
    this.query = this.ground.checked ? { ...query, include_ground: true } : query;
    void this.load().then(() => {
      if (movesFocus) {
        this.list.querySelector<HTMLElement>(".past-replay")?.focus();
      }
    });
  }

  /** Repeats the search with a changed option, unless the field is still empty. */
  private searchAgain(): void {
    if (this.text.value.trim() !== "") {
      this.search({ movesFocus: false });
    }
  }

  /** Loads the first page, or the next one. */
  private async load(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    this.setStatus(this.flights.length === 0 ? "Searching…" : "Loading more…");
    const after = this.next === null ? {} : { after: this.next };
    const query = { ...this.query, ...after, limit: PAGE_SIZE };
    try {
      const page = await fetchFlights(query, this.abort.signal);
      this.append(page.flights, page.next);
    } catch (error) {
      if (!isAbort(error)) {
        this.setStatus(`The flights could not be loaded: ${(error as Error).message}.`);
        this.retry.hidden = false;
      }
    }
  }

  private append(flights: readonly Flight[], next: string | null): void {
    this.flights.push(...flights);
    this.next = next;
    this.list.append(...flights.map((flight) => this.row(flight)));
    const count = this.flights.length;
    const counted = `${count} flight${count === 1 ? "" : "s"}`;
    this.setStatus(
      count === 0
        ? this.noneFound() + this.groundHint()
        : `${counted}${next === null ? "" : " so far"}`,
    );
    this.more.hidden = next === null;
  }

  private noneFound(): string {
    const { callsign, icao24, country, airport, from } = this.query;
    if (from !== undefined) {
      return "No such flight is stored for that day. Try without the day.";
    }
    if (callsign !== undefined) {
      return `No flight whose callsign begins with ${callsign.slice(0, -1)} is stored.`;
    }
    if (airport !== undefined) {
      return `No flight that took off or landed at ${airport} is stored for the last 31 days.`;
    }
    return icao24 === undefined
      ? `No flight of ${country ?? ""} is stored for the last 31 days. Spell the country as on the map.`
      : `No flight of ${icao24} is stored.`;
  }

  private groundHint(): string {
    return this.ground.checked ? "" : " Aircraft that stayed on the ground are left out.";
  }

  /** Shows a status text, and hides the buttons that belong to the previous one. */
  private setStatus(text: string): void {
    this.status.textContent = text;
    this.retry.hidden = true;
    this.more.hidden = true;
  }

  private row(flight: Flight): HTMLLIElement {
    return flightRow(flight, this.store.units.value, this.actions);
  }
}
