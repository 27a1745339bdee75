/** The part of the details that says which aircraft it is: registration, type, operator and more. */

import "./identity.css";
import { effect } from "@preact/signals-core";
import { element, make, putInto } from "../core/elements.ts";
import type { FullIdentity, SelectedIdentity } from "../store/selected-identity.ts";

/** The site finds photos by the registration. It is contacted only when the user follows the link. */
const PHOTOS = "https://www.jetphotos.com/registration/";

export function renderIdentity(selected: SelectedIdentity): void {
  effect(() => {
    const identity = selected.identity.value;
    const rows = identity === null ? [] : rowsOf(identity);
    putInto("identity-line", identity === null ? "" : lineOf(identity));
    element("identity-line").hidden = identity === null || lineOf(identity) === "";
    element("identity").hidden = rows.length === 0;
    element("identity").replaceChildren(
      ...rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
    );
  });
}

/** Returns the most important of it in one line. */
function lineOf({ registration, model, type, operator, military }: FullIdentity): string {
  const parts = [registration, model ?? type, operator, military === true ? "military" : null];
  return parts.filter((part) => part !== null).join(" · ");
}

/** Returns a row for each thing that is known. */
function rowsOf(identity: FullIdentity): [name: string, value: Node | string][] {
  const { registration, registration_source, operator, operator_icao } = identity;
  const isComputed = registration_source === "computed";
  const code = operator_icao === null ? "" : ` (${operator_icao})`;
  const rows: [string, Node | string | number | null][] = [
    ["registration", registration && `${registration}${isComputed ? " (computed)" : ""}`],
    ["type", identity.type],
    ["model", joined(identity.manufacturer, identity.model)],
    ["operator", operator === null ? operator_icao : `${operator}${code}`],
    ["radio name", identity.operator_radio_name],
    ["built", identity.year_built],
    ["serial number", identity.serial_number],
    ["military", identity.military === true ? "yes" : null],
    ["photos", registration && photoLink(registration)],
  ];
  return rows.flatMap(([name, value]) =>
    value === null || value === ""
      ? []
      : [[name, typeof value === "number" ? String(value) : value]],
  );
}

/** Returns manufacturer and model; some models begin with the manufacturer's name. */
function joined(manufacturer: string | null, model: string | null): string | null {
  if (manufacturer === null || model === null) {
    return model ?? manufacturer;
  }
  return model.toLowerCase().startsWith(manufacturer.toLowerCase())
    ? model
    : `${manufacturer} ${model}`;
}

function photoLink(registration: string): HTMLElement {
  const href = `${PHOTOS}${encodeURIComponent(registration)}`;
  return make("a", { href, target: "_blank", rel: "noopener noreferrer" }, "at jetphotos.com");
}
