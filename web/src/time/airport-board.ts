/** The arrivals and departures of an airport, as lists of flights. */

import { make } from "../core/elements.ts";
import { writeDate, writeMinute } from "../core/times.ts";
import type { Board, Flight } from "../history/responses.ts";
import { type FlightActions, flightButtons } from "./flight-row.ts";

/** Returns both lists; `hours` is how far back they go. */
export function boardLists(
  { arrivals, departures }: Board,
  hours: number,
  actions: FlightActions,
): HTMLElement[] {
  return [
    ...list("Arrivals", arrivals, hours, (flight) => arrivalRow(flight, actions)),
    ...list("Departures", departures, hours, (flight) => departureRow(flight, actions)),
  ];
}

function list(
  title: string,
  flights: readonly Flight[],
  hours: number,
  row: (flight: Flight) => HTMLLIElement,
): HTMLElement[] {
  const heading = make("h3", {}, title);
  if (flights.length === 0) {
    const none = `None was received in the last ${hours} hours.`;
    return [heading, make("p", { class: "past-status" }, none)];
  }
  return [heading, make("ol", { class: "past-list", "aria-label": title }, ...flights.map(row))];
}

function arrivalRow(flight: Flight, actions: FlightActions): HTMLLIElement {
  const time = writeTime(flight.landing ?? flight.last_seen);
  return row(flight, `landed ${time}${other("from", flight.takeoff_airport)}`, actions);
}

function departureRow(flight: Flight, actions: FlightActions): HTMLLIElement {
  const time = writeTime(flight.take_off ?? flight.first_seen);
  return row(flight, `took off ${time}${other("to", flight.landing_airport)}`, actions);
}

function row(flight: Flight, text: string, actions: FlightActions): HTMLLIElement {
  return make(
    "li",
    {},
    make("strong", {}, flight.callsign ?? flight.icao24),
    flightButtons(flight, actions),
    make("p", {}, text),
  );
}

/** Names the airport at the other end; nothing if the track does not show it. */
function other(word: string, airport: string | null | undefined): string {
  return airport == null ? "" : ` · ${word} ${airport}`;
}

function writeTime(seconds: number): string {
  return `${writeMinute(seconds)}, ${writeDate(seconds)}`;
}
