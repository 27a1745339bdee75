/** The panel about an airport: its names and elevation, and what landed and took off there. */

import "./airport-panel.css";
import { make, put } from "../core/elements.ts";
import { writeCountry, writePosition } from "../core/place-names.ts";
import { MISSING, write } from "../core/units.ts";
import { fetchAirport, fetchBoard, isAbort } from "../history/history-client.ts";
import type { AirportResponse, Board } from "../history/responses.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { boardLists } from "./airport-board.ts";
import type { FlightActions } from "./flight-row.ts";

export interface AirportActions extends FlightActions {
  close(): void;
  /** Brings a position into the middle of the map. */
  goTo(place: { longitude: number; latitude: number }): void;
  /** Opens the past flights with those of an airport. */
  findFlights(code: string): void;
}

/** How far back the board goes, and how often it is loaded again while it is open. */
const BOARD_HOURS = 24;
const RELOAD_S = 60;

export class AirportPanel {
  private readonly host: HTMLElement;
  private readonly store: Store;
  private readonly actions: AirportActions;
  private abort = new AbortController();
  private airport: AirportResponse | null = null;
  private readonly title = make("h2", { tabindex: "-1" });
  private readonly subtitle = make("p", { class: "subtitle" });
  private readonly rows = make("dl", { class: "rows" });
  private readonly goTo = make("button", { type: "button" }, "Show on map");
  private readonly flights = make("button", { type: "button" }, "Past flights");
  private readonly status = make("p", { class: "past-status", role: "status" });
  private readonly board = make("div", { class: "airport-board" });

  constructor(host: HTMLElement, store: Store, actions: AirportActions) {
    this.host = host;
    this.store = store;
    this.actions = actions;
    this.build();
    watch(
      () => store.airport.value,
      (code) => this.show(code),
    );
    watch(
      () => store.units.value,
      () => this.renderAirport(),
    );
    watch(
      () => store.seconds.value,
      (seconds) => {
        const code = store.airport.value;
        if (code !== null && seconds % RELOAD_S === 0) {
          void this.loadBoard(code);
        }
      },
    );
  }

  /** Moves the focus to the title, after the search has opened the panel. */
  focus(): void {
    this.title.focus();
  }

  private build(): void {
    const close = make(
      "button",
      { type: "button", class: "close", "aria-label": "Close airport" },
      "×",
    );
    close.addEventListener("click", () => this.actions.close());
    this.goTo.addEventListener("click", () => this.airport && this.actions.goTo(this.airport));
    this.flights.addEventListener("click", () => {
      const code = this.store.airport.value;
      if (code !== null) {
        this.actions.findFlights(code);
      }
    });
    this.host.append(
      make("div", { class: "title" }, this.title, close),
      this.subtitle,
      this.rows,
      make("div", { class: "actions" }, this.goTo, this.flights),
      this.status,
      this.board,
    );
  }

  private show(code: string | null): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.host.hidden = code === null;
    this.airport = null;
    this.board.replaceChildren();
    if (code !== null) {
      put(this.title, code);
      put(this.status, "Loading the board …");
      this.renderAirport();
      void this.loadAirport(code);
      void this.loadBoard(code);
    }
  }

  private async loadAirport(code: string): Promise<void> {
    const { signal } = this.abort;
    try {
      this.airport = await fetchAirport(code, signal);
      this.renderAirport();
    } catch (error) {
      if (!isAbort(error)) {
        put(this.subtitle, `The airport could not be loaded: ${(error as Error).message}.`);
      }
    }
  }

  private async loadBoard(code: string): Promise<void> {
    const { signal } = this.abort;
    try {
      const board = await fetchBoard(code, BOARD_HOURS, signal);
      this.renderBoard(board);
    } catch (error) {
      if (!isAbort(error)) {
        put(this.status, `The board could not be loaded: ${(error as Error).message}.`);
      }
    }
  }

  private renderAirport(): void {
    const { airport, store } = this;
    this.goTo.hidden = airport === null;
    if (airport === null) {
      put(this.subtitle, "");
      this.rows.replaceChildren();
      return;
    }
    put(this.title, airport.name);
    const served = [airport.city, writeCountry(airport.country)].filter((text) => text !== "");
    put(this.subtitle, served.join(", "));
    this.rows.replaceChildren(
      entry("IATA", airport.iata ?? MISSING),
      entry("ICAO", airport.icao),
      entry("elevation", write(airport.altitude, "altitude", store.units.value)),
      entry("position", writePosition(airport)),
    );
  }

  private renderBoard(board: Board): void {
    put(this.status, `Received in the last ${BOARD_HOURS} hours; the newest come first.`);
    const focused = this.board.contains(document.activeElement)
      ? document.activeElement?.getAttribute("aria-label")
      : null;
    const scrolled = this.host.scrollTop;
    this.board.replaceChildren(...boardLists(board, BOARD_HOURS, this.actions));
    this.host.scrollTop = scrolled;
    if (focused != null) {
      this.board.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
    }
  }
}

function entry(name: string, value: string): HTMLElement {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}
