/** One past flight in a list, with what shows and replays it. */

import { make } from "../core/elements.ts";
import type { System } from "../core/units.ts";
import type { Flight } from "../history/responses.ts";
import { writeEnds, writeLeftOut, writeReach, writeSeen } from "./write-flight.ts";

export interface FlightActions {
  /** Shows the track of a flight. */
  showFlight(flight: Flight): void;
  /** Replays a flight with all traffic around it. */
  replayFlight(flight: Flight): void;
}

export function flightRow(flight: Flight, units: System, actions: FlightActions): HTMLLIElement {
  const aircraft = [flight.icao24, flight.origin_country ?? "country not received"].join(" · ");
  const leftOut = writeLeftOut(flight);
  return make(
    "li",
    {},
    make("strong", {}, flight.callsign ?? flight.icao24),
    flightButtons(flight, actions),
    make("p", { class: "past-whose" }, aircraft),
    make("p", {}, writeSeen(flight)),
    make("p", { class: "past-reach" }, `${writeReach(flight, units)} · ${writeEnds(flight)}`),
    ...(leftOut === "" ? [] : [make("p", { class: "past-doubt" }, leftOut)]),
  );
}

export function flightButtons(flight: Flight, actions: FlightActions): HTMLDivElement {
  const name = flight.callsign ?? flight.icao24;
  const show = make("button", { type: "button", "aria-label": `Show track of ${name}` }, "Track");
  const replay = make(
    "button",
    { type: "button", class: "past-replay", "aria-label": `Replay ${name}` },
    "Replay",
  );
  show.addEventListener("click", () => actions.showFlight(flight));
  replay.addEventListener("click", () => actions.replayFlight(flight));
  return make("div", { class: "past-actions" }, show, replay);
}
