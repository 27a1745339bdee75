/** Finds past flights by callsign, address or country, and leads to their tracks and replays. */

import "./past-flights.css";
import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Flight } from "../history/answers.ts";
import { type FlightsQuestion, fetchFlights, isAbort } from "../history/history-client.ts";
import { KINDS, type Kind, questionOf } from "./flights-search.ts";
import { dayOf } from "./span.ts";
import { writeEnds, writeLeftOut, writeReach, writeSeen } from "./write-flight.ts";

export interface PastFlightsListener {
  /** The person wants to see its track. */
  show(flight: Flight): void;
  /** The person wants to see it fly again, with all traffic around it. */
  replay(flight: Flight): void;
}

const PAGE = 50;

const NAMES: Record<Kind, string> = { callsign: "callsign", icao24: "icao24", country: "country" };
const EXAMPLES: Record<Kind, string> = {
  callsign: "SWR7EA, or SWR",
  icao24: "4b1814",
  country: "Switzerland",
};

export class PastFlights {
  private system: System = "metric";
  private flights: Flight[] = [];
  private question: FlightsQuestion = {};
  private next: string | null = null;
  private asking = new AbortController();
  private readonly listener: PastFlightsListener;
  private readonly kind = make("select", { "aria-label": "Search by" });
  private readonly text = make("input", {
    type: "search",
    "aria-label": "What to search for",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "64",
  });
  private readonly day = make("input", { type: "date" });
  private readonly ground = make("input", { type: "checkbox" });
  private readonly status = make("p", { class: "past-status", role: "status" });
  private readonly retry = make("button", { type: "button" }, "Try again");
  private readonly list = make("ol", { class: "past-list", "aria-label": "Past flights" });
  private readonly more = make("button", { type: "button", class: "past-more" }, "More");

  constructor(host: HTMLElement, listener: PastFlightsListener) {
    this.listener = listener;
    this.build(host);
    this.changeKind();
    this.say("Every flight that was heard is kept. The newest come first.");
  }

  /** Finds the flights whose callsign begins so. */
  find(callsign: string): void {
    this.kind.value = "callsign";
    this.text.value = callsign;
    this.day.value = "";
    this.changeKind();
    this.search();
  }

  setUnits(system: System): void {
    this.system = system;
    this.list.replaceChildren(...this.flights.map((flight) => this.row(flight)));
  }

  /** Takes the server's time, Unix seconds: there are no flights of later days. */
  setNewest(time: number): void {
    const day = dayOf(time);
    if (this.day.max !== day) {
      this.day.max = day;
    }
  }

  private build(host: HTMLElement): void {
    this.kind.append(...KINDS.map((kind) => make("option", { value: kind }, NAMES[kind])));
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
      this.search();
    });
    this.kind.addEventListener("change", () => this.changeKind());
    this.ground.addEventListener("change", () => this.searchAgain());
    this.more.addEventListener("click", () => void this.ask());
    this.retry.addEventListener("click", () => void this.ask());
    host.classList.add("past-flights");
    host.append(form, this.status, this.retry, this.list, this.more);
  }

  private changeKind(): void {
    this.text.placeholder = EXAMPLES[this.kind.value as Kind];
  }

  private search(): void {
    const [kind, text, day] = [this.kind.value as Kind, this.text.value, this.day.value];
    const question = questionOf({ kind, text, day });
    this.asking.abort();
    this.flights = [];
    this.next = null;
    this.list.replaceChildren();
    if (typeof question === "string") {
      this.say(question);
      this.text.focus();
      return;
    }
    this.question = this.ground.checked ? { ...question, include_ground: true } : question;
    void this.ask();
  }

  /** Searches with another choice, if there is anything to search for yet. */
  private searchAgain(): void {
    if (this.text.value.trim() !== "") {
      this.search();
    }
  }

  /** Asks for the first page, or the one that follows. */
  private async ask(): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    this.say(this.flights.length === 0 ? "Searching…" : "Fetching more…");
    const after = this.next === null ? {} : { after: this.next };
    const question = { ...this.question, ...after, limit: PAGE };
    try {
      const page = await fetchFlights(question, this.asking.signal);
      this.take(page.flights, page.next);
    } catch (error) {
      if (!isAbort(error)) {
        this.say(`The flights cannot be had: ${(error as Error).message}.`);
        this.retry.hidden = false;
      }
    }
  }

  private take(flights: readonly Flight[], next: string | null): void {
    this.flights.push(...flights);
    this.next = next;
    this.list.append(...flights.map((flight) => this.row(flight)));
    const count = this.flights.length;
    const counted = `${count} flight${count === 1 ? "" : "s"}`;
    this.say(
      count === 0 ? this.nothing() + this.leftOut() : `${counted}${next === null ? "" : " so far"}`,
    );
    this.more.hidden = next === null;
  }

  private nothing(): string {
    const { callsign, icao24, country, from } = this.question;
    if (from !== undefined) {
      return "No such flight is stored of that day; try without the day.";
    }
    if (callsign !== undefined) {
      return `No flight whose callsign begins with ${callsign.slice(0, -1)} is stored.`;
    }
    return icao24 === undefined
      ? `No flight of ${country ?? ""} is stored of the last 31 days; is it spelled as on the map?`
      : `No flight of ${icao24} is stored.`;
  }

  private leftOut(): string {
    return this.ground.checked ? "" : " Aircraft that stayed on the ground are left out.";
  }

  /** Says how it stands; what can be pressed then is shown by the caller. */
  private say(text: string): void {
    this.status.textContent = text;
    this.retry.hidden = true;
    this.more.hidden = true;
  }

  private row(flight: Flight): HTMLLIElement {
    const { system, listener } = this;
    const name = flight.callsign ?? flight.icao24;
    const whose = [flight.icao24, flight.origin_country ?? "country not received"].join(" · ");
    const show = make("button", { type: "button", "aria-label": `Show track of ${name}` }, "Track");
    const replay = make("button", { type: "button", "aria-label": `Replay ${name}` }, "Replay");
    show.addEventListener("click", () => listener.show(flight));
    replay.addEventListener("click", () => listener.replay(flight));
    const leftOut = writeLeftOut(flight);
    return make(
      "li",
      {},
      make("strong", {}, name),
      make("div", { class: "past-actions" }, show, replay),
      make("p", { class: "past-whose" }, whose),
      make("p", {}, writeSeen(flight)),
      make("p", { class: "past-reach" }, `${writeReach(flight, system)} · ${writeEnds(flight)}`),
      ...(leftOut === "" ? [] : [make("p", { class: "past-doubt" }, leftOut)]),
    );
  }
}
