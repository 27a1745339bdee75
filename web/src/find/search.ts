/** Finds aircraft and countries by what somebody types. */

import { CATEGORIES } from "../core/categories.ts";
import type { Fleet } from "../stream/fleet.ts";

export interface AircraftHit {
  icao24: string;
  slot: number;
}

export interface CountryHit {
  name: string;
  aircraft: number;
}

/** The best first; `matching` counts those beyond the limit too. */
export interface Hits {
  aircraft: readonly AircraftHit[];
  matching: number;
  countries: readonly CountryHit[];
}

export const NO_HITS: Hits = { aircraft: [], matching: 0, countries: [] };

/** How well something matches; less is better. */
const EXACT = 0;
const BEGINS = 1;
const ADDRESS = 2;
const CONTAINS = 3;
const NO_MATCH = 4;

/** One pass over the fleet, which makes nothing for aircraft that do not match. */
export function search(fleet: Fleet, text: string, limit: number): Hits {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") {
    return NO_HITS;
  }
  const best = new Best(fleet, limit);
  const callsigns = fleet.texts("callsign");
  let matching = 0;
  for (let slot = 0; slot < fleet.end; slot++) {
    const icao24 = fleet.icao24[slot];
    if (icao24 == null) {
      continue;
    }
    const rank = rankOf(callsigns[slot] ?? "", icao24, wanted);
    if (rank !== NO_MATCH) {
      matching += 1;
      best.offer(slot, rank);
    }
  }
  return { aircraft: best.hits(), matching, countries: searchCountries(fleet, wanted, limit) };
}

/** Counts the aircraft of each country; one pass over the fleet. */
export function countCountries(fleet: Fleet): Map<string, number> {
  const counts = new Map<string, number>();
  for (const country of fleet.texts("origin_country")) {
    if (country != null) {
      counts.set(country, (counts.get(country) ?? 0) + 1);
    }
  }
  return counts;
}

/** Counts the aircraft of each category's name; one pass over the fleet. */
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

/** Gives where a text without regard to case holds another one in lower case; -1 is nowhere. */
export function findIn(text: string, wanted: string): number {
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

/** Writes a name without accents and in lower case, so that `cote` finds Côte d'Ivoire. */
export function plain(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Ranks a name: 0 begins so, 1 a word of it does, 2 holds it, 3 does not. */
export function rankName(name: string, wanted: string): number {
  const at = plain(name).indexOf(wanted);
  if (at <= 0) {
    return at === 0 ? 0 : 3;
  }
  return plain(name).includes(` ${wanted}`) ? 1 : 2;
}

function searchCountries(fleet: Fleet, wanted: string, limit: number): CountryHit[] {
  const simple = plain(wanted);
  const ranked = [...countCountries(fleet)]
    .map(([name, aircraft]) => ({ name, aircraft, rank: rankName(name, simple) }))
    .filter(({ rank }) => rank < 3)
    .sort((one, other) => one.rank - other.rank || other.aircraft - one.aircraft);
  return ranked.slice(0, limit).map(({ name, aircraft }) => ({ name, aircraft }));
}

function rankOf(callsign: string, icao24: string, wanted: string): number {
  const at = findIn(callsign, wanted);
  if (at === 0) {
    return callsign.length === wanted.length ? EXACT : BEGINS;
  }
  if (icao24.startsWith(wanted)) {
    return icao24 === wanted ? EXACT : ADDRESS;
  }
  return at > 0 ? CONTAINS : NO_MATCH;
}

function lowerAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** Keeps the best few of all that are offered, in order: never more than the limit. */
class Best {
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
