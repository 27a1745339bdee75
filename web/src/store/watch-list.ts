/** The user's watch list: which aircraft to notice, kept in the browser. */

import { fieldsOf, keep, readKept } from "../core/local-storage.ts";
import type { Fleet } from "../stream/fleet.ts";
import type { Identity } from "./identities.ts";

export const WATCH_KINDS = ["callsign", "icao24", "registration", "type", "squawk"] as const;
export type WatchKind = (typeof WATCH_KINDS)[number];

export interface WatchEntry {
  kind: WatchKind;
  /** In the case of the data: lower for addresses, upper otherwise. `*` stands for any characters. */
  pattern: string;
}

/** What the browser keeps. */
export interface KeptWatchList {
  entries: readonly WatchEntry[];
  /** Whether the browser shows notifications too. */
  isNotifying: boolean;
}

/** An aircraft in the fleet, and the entry that it matches; of several the first. */
export interface WatchMatch {
  icao24: string;
  entry: WatchEntry;
}

/** A longer list is refused. */
export const MAX_ENTRIES = 100;
/** Patterns in memory by callsign; the memory is cleared when it is full. */
const MAX_KNOWN = 50_000;
const NAME = "flight-monitor-watch-list";

const FORMS: Record<WatchKind, { form: RegExp; hint: string }> = {
  callsign: { form: /^[A-Z0-9*]{2,8}$/, hint: "up to 8 letters, digits and *, such as SWR*" },
  icao24: { form: /^[0-9a-f]{6}$/, hint: "six digits of 0 to 9 and a to f, such as 4b1814" },
  registration: {
    form: /^[A-Z0-9*-]{2,12}$/,
    hint: "up to 12 letters, digits, - and *, such as HB-J*",
  },
  type: { form: /^[A-Z0-9*]{2,4}$/, hint: "up to 4 letters, digits and *, such as A388 or B74*" },
  squawk: { form: /^[0-7]{4}$/, hint: "four digits from 0 to 7, such as 7600" },
};

/** Returns the entry that a text describes, or an error with a sentence for the user. */
export function parseEntry(kind: WatchKind, text: string): WatchEntry | Error {
  const trimmed = text.trim();
  const pattern = kind === "icao24" ? trimmed.toLowerCase() : trimmed.toUpperCase();
  const { form, hint } = FORMS[kind];
  // A pattern of stars alone would match all aircraft.
  return form.test(pattern) && /[^*-]/.test(pattern)
    ? { kind, pattern }
    : new Error(`“${trimmed}” is not a valid ${kind}. Enter ${hint}.`);
}

export function isSameEntry(one: WatchEntry, other: WatchEntry): boolean {
  return one.kind === other.kind && one.pattern === other.pattern;
}

/** Returns the list that the browser keeps; what is no entry is left out. */
export function readKeptList(): KeptWatchList {
  const { entries, isNotifying } = fieldsOf(readKept(NAME));
  const listed = Array.isArray(entries) ? entries.slice(0, MAX_ENTRIES) : [];
  return {
    entries: listed.flatMap((entry) => {
      const { kind, pattern } = fieldsOf(entry);
      const known = WATCH_KINDS.find((one) => one === kind);
      const parsed = known && typeof pattern === "string" ? parseEntry(known, pattern) : null;
      return parsed === null || parsed instanceof Error ? [] : [parsed];
    }),
    isNotifying: isNotifying === true,
  };
}

/** Keeps the list; returns whether the browser has kept it. */
export function keepList(list: KeptWatchList): boolean {
  return keep(NAME, list);
}

/** Whether an entry is about what the server knows of aircraft. */
export function needsIdentities(entries: readonly WatchEntry[]): boolean {
  return entries.some(({ kind }) => kind === "registration" || kind === "type");
}

/** Returns the aircraft that match an entry by their registration or type, by icao24. */
export function findIdentified(
  entries: readonly WatchEntry[],
  identities: Iterable<readonly [icao24: string, identity: Identity]>,
): Map<string, WatchEntry> {
  const found = new Map<string, WatchEntry>();
  const tests = entries.flatMap((entry) => {
    const { kind, pattern } = entry;
    return kind === "registration" || kind === "type"
      ? [{ entry, kind, isMatch: patternTest(pattern) }]
      : [];
  });
  for (const [icao24, identity] of tests.length === 0 ? [] : identities) {
    const match = tests.find(({ kind, isMatch }) => isMatch(identity[kind]?.toUpperCase() ?? ""));
    if (match !== undefined) {
      found.set(icao24, match.entry);
    }
  }
  return found;
}

/** Finds the aircraft of a list in the fleet, in a pass that is cheap enough for every update. */
export class WatchMatcher {
  private readonly addresses: readonly WatchEntry[];
  private readonly bySquawk: ReadonlyMap<string, WatchEntry>;
  private readonly callsigns: readonly (readonly [(text: string) => boolean, WatchEntry])[];
  /** By callsign: the entry that it matches; null if none. */
  private readonly known = new Map<string, WatchEntry | null>();

  constructor(entries: readonly WatchEntry[]) {
    const of = (kind: WatchKind) => entries.filter((entry) => entry.kind === kind);
    this.addresses = of("icao24");
    this.bySquawk = new Map(of("squawk").map((entry) => [entry.pattern, entry]));
    this.callsigns = of("callsign").map((entry) => [patternTest(entry.pattern), entry]);
  }

  /**
   * Returns the aircraft that match, by icao24.
   *
   * @param identified The entries that aircraft match by what the server knows of them.
   */
  find(fleet: Fleet, identified: ReadonlyMap<string, WatchEntry>): Map<string, WatchEntry> {
    const found = new Map<string, WatchEntry>();
    for (const entry of this.addresses) {
      if (fleet.slotOf(entry.pattern) !== undefined) {
        found.set(entry.pattern, entry);
      }
    }
    for (const [icao24, entry] of identified) {
      if (fleet.slotOf(icao24) !== undefined) {
        found.set(icao24, entry);
      }
    }
    if (this.bySquawk.size > 0 || this.callsigns.length > 0) {
      this.findByTexts(fleet, found);
    }
    return found;
  }

  private findByTexts(fleet: Fleet, found: Map<string, WatchEntry>): void {
    const [callsigns, squawks] = [fleet.texts("callsign"), fleet.texts("squawk")];
    for (let slot = 0; slot < fleet.end; slot++) {
      const icao24 = fleet.icao24[slot];
      const entry = this.byCallsign(callsigns[slot]) ?? this.bySquawk.get(squawks[slot] ?? "");
      if (icao24 != null && entry !== undefined && !found.has(icao24)) {
        found.set(icao24, entry);
      }
    }
  }

  private byCallsign(callsign: string | null | undefined): WatchEntry | undefined {
    if (callsign == null || callsign === "" || this.callsigns.length === 0) {
      return undefined;
    }
    let entry = this.known.get(callsign);
    if (entry === undefined) {
      entry = this.callsigns.find(([isMatch]) => isMatch(callsign))?.[1] ?? null;
      if (this.known.size >= MAX_KNOWN) {
        this.known.clear();
      }
      this.known.set(callsign, entry);
    }
    return entry ?? undefined;
  }
}

/** Returns a test of texts for a pattern, in which `*` stands for any characters, also none. */
export function patternTest(pattern: string): (text: string) => boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) {
    return (text) => text === pattern;
  }
  return (text) => {
    // Each part in between takes the first place that it finds, which leaves the most to the others.
    let end = text.startsWith(first) ? first.length : -1;
    for (const part of rest) {
      const found = end < 0 ? -1 : text.indexOf(part, end);
      end = found < 0 ? -1 : found + part.length;
    }
    return end >= 0 && text.endsWith(last) && text.length - last.length >= end;
  };
}
