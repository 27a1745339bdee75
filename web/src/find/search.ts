/** Finds aircraft and countries in the fleet by a typed text. */

import { CATEGORIES } from "../core/categories.ts";
import type { Identity } from "../store/identities.ts";
import type { Fleet } from "../stream/fleet.ts";

export interface AircraftHit {
  icao24: string;
  slot: number;
}

/** A country or a category, and the number of its aircraft. */
export interface NameCount {
  name: string;
  aircraft: number;
}

export interface SearchResult {
  /** The best matches first, at most as many as the limit. */
  aircraft: readonly AircraftHit[];
  /** Matching aircraft, including those beyond the limit. */
  matching: number;
  countries: readonly NameCount[];
}

const NO_RESULT: SearchResult = { aircraft: [], matching: 0, countries: [] };

/** Ranks of a match; a lower rank is better. */
const EXACT = 0;
const CALLSIGN_PREFIX = 1;
const ICAO24_PREFIX = 2;
const CALLSIGN_PART = 3;
const IDENTITY_PREFIX = 4;
const IDENTITY_PART = 5;
const NO_MATCH = 6;

/**
 * Searches in one pass over the fleet, without an allocation for aircraft that do not match.
 *
 * @param identityOf Returns what is known of an aircraft, by icao24.
 */
export function search(
  fleet: Fleet,
  text: string,
  limit: number,
  identityOf: (icao24: string) => Identity | undefined = () => undefined,
): SearchResult {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") {
    return NO_RESULT;
  }
  const best = new BestMatches(fleet, limit);
  const callsigns = fleet.texts("callsign");
  let matching = 0;
  for (let slot = 0; slot < fleet.end; slot++) {
    const icao24 = fleet.icao24[slot];
    if (icao24 == null) {
      continue;
    }
    const rank = Math.min(
      rankAircraft(callsigns[slot] ?? "", icao24, wanted),
      rankIdentity(identityOf(icao24), wanted),
    );
    if (rank !== NO_MATCH) {
      matching += 1;
      best.offer(slot, rank);
    }
  }
  return { aircraft: best.hits(), matching, countries: searchCountries(fleet, wanted, limit) };
}

/** Returns the number of aircraft by country. */
export function countCountries(fleet: Fleet): Map<string, number> {
  const counts = new Map<string, number>();
  for (const country of fleet.texts("origin_country")) {
    if (country != null) {
      counts.set(country, (counts.get(country) ?? 0) + 1);
    }
  }
  return counts;
}

/** Returns the number of aircraft by the name of their category. */
export function countCategories(fleet: Fleet): Map<string, number> {
  const counts = new Map<string, number>();
  const categories = fleet.column("category");
  for (let slot = 0; slot < fleet.end; slot++) {
    const name = CATEGORIES[categories[slot] as number];
    if (name !== undefined) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

export function toNameCounts(counts: ReadonlyMap<string, number>): NameCount[] {
  return [...counts].map(([name, aircraft]) => ({ name, aircraft }));
}

/** Returns where a text contains `wanted` (lower case), ignoring ASCII case; -1 if nowhere. */
export function indexOfIgnoringCase(text: string, wanted: string): number {
  for (let start = 0; start + wanted.length <= text.length; start++) {
    let length = 0;
    while (length < wanted.length && lowerAt(text, start + length) === wanted.charCodeAt(length)) {
      length += 1;
    }
    if (length === wanted.length) {
      return start;
    }
  }
  return -1;
}

/** Returns a name in lower case without accents, so that `cote` finds Côte d'Ivoire. */
export function normalizeName(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * Returns the names that contain a text: first names that begin with it, then names with a later word
 * that does, then all others; among these, names with more aircraft come first.
 */
export function matchNames(counts: readonly NameCount[], text: string): NameCount[] {
  const wanted = normalizeName(text.trim());
  return counts
    .map((count) => ({ count, rank: rankName(normalizeName(count.name), wanted) }))
    .filter(({ rank }) => rank !== NO_MATCH)
    .sort((one, other) => one.rank - other.rank || other.count.aircraft - one.count.aircraft)
    .map(({ count }) => count);
}

function rankName(name: string, wanted: string): number {
  if (name.startsWith(wanted)) {
    return 0;
  }
  if (name.includes(` ${wanted}`)) {
    return 1;
  }
  return name.includes(wanted) ? 2 : NO_MATCH;
}

function searchCountries(fleet: Fleet, wanted: string, limit: number): NameCount[] {
  return matchNames(toNameCounts(countCountries(fleet)), wanted).slice(0, limit);
}

function rankAircraft(callsign: string, icao24: string, wanted: string): number {
  const at = indexOfIgnoringCase(callsign, wanted);
  if (at === 0) {
    return callsign.length === wanted.length ? EXACT : CALLSIGN_PREFIX;
  }
  if (icao24.startsWith(wanted)) {
    return icao24 === wanted ? EXACT : ICAO24_PREFIX;
  }
  return at > 0 ? CALLSIGN_PART : NO_MATCH;
}

function rankIdentity(identity: Identity | undefined, wanted: string): number {
  if (identity === undefined) {
    return NO_MATCH;
  }
  const { registration, type, operator, operator_icao } = identity;
  const places = [registration, type, operator, operator_icao].map((text) =>
    text === null ? -1 : indexOfIgnoringCase(text, wanted),
  );
  if (places[0] === 0 && registration?.length === wanted.length) {
    return EXACT;
  }
  // A part of a designator says nothing.
  const isPart = Math.max(places[0] ?? -1, places[2] ?? -1) >= 0;
  return places.includes(0) ? IDENTITY_PREFIX : isPart ? IDENTITY_PART : NO_MATCH;
}

function lowerAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Keeps the best matches in order, at most as many as the limit. */
class BestMatches {
  private readonly fleet: Fleet;
  private readonly limit: number;
  private readonly slots: number[] = [];
  private readonly ranks: number[] = [];

  constructor(fleet: Fleet, limit: number) {
    this.fleet = fleet;
    this.limit = limit;
  }

  offer(slot: number, rank: number): void {
    let place = this.slots.length;
    while (place > 0 && this.isBefore(slot, rank, place - 1)) {
      place -= 1;
    }
    if (place < this.limit) {
      this.slots.splice(place, 0, slot);
      this.ranks.splice(place, 0, rank);
      this.slots.length = Math.min(this.slots.length, this.limit);
      this.ranks.length = this.slots.length;
    }
  }

  hits(): AircraftHit[] {
    return this.slots.map((slot) => ({ icao24: this.fleet.icao24[slot] ?? "", slot }));
  }

  private isBefore(slot: number, rank: number, place: number): boolean {
    const otherRank = this.ranks[place] as number;
    return rank === otherRank
      ? this.nameOf(slot) < this.nameOf(this.slots[place] as number)
      : rank < otherRank;
  }

  private nameOf(slot: number): string {
    return this.fleet.texts("callsign")[slot] ?? this.fleet.icao24[slot] ?? "";
  }
}
