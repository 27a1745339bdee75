/** What the fleet is made of, counted in one pass. */

import { CATEGORIES } from "../../core/categories.ts";
import type { System } from "../../core/units.ts";
import { HIGHEST_M } from "../../map/altitude-ramp.ts";
import type { Fleet } from "../../stream/fleet.ts";

const MOST_BANDS = 14;
const FOOT_M = 0.3048;
const SPARE = 1.25;

/** Bands are round in the reader's units: of 1,000 m, or of 4,000 ft. */
export function bandMetres(system: System): number {
  return system === "metric" ? 1_000 : 4_000 * FOOT_M;
}

export class Tally {
  aircraft = 0;
  airborne = 0;
  onGround = 0;
  /** Unix seconds of the newest message that any aircraft has sent; NaN if there is none. */
  newest = Number.NaN;
  /** Seconds since half of the positions were measured, at the most; NaN if there are none. */
  medianAge = Number.NaN;
  /** Aircraft by country. */
  readonly countries = new Map<string, number>();
  /** Aircraft in the air by bands of altitude from the ground up; the last has no end. */
  readonly bands = new Uint32Array(MOST_BANDS);
  /** Bands that are in use. */
  bandCount = 0;
  /** Aircraft in the air of which no altitude was received. */
  unknownAltitude = 0;
  readonly categories = new Uint32Array(CATEGORIES.length);
  private ages = new Float64Array(0);
  private aged = 0;

  /**
   * Counts everybody anew.
   *
   * @param now Unix seconds.
   * @param band Metres of a band of altitude.
   */
  take(fleet: Fleet, now: number, band: number): void {
    this.clear(fleet.end, band);
    const grounded = fleet.column("on_ground");
    const contacts = fleet.column("last_contact");
    const countries = fleet.texts("origin_country");
    const categories = fleet.column("category");
    const altitudes = fleet.column("baro_altitude");
    const positions = fleet.column("time_position");
    for (let slot = 0; slot < fleet.end; slot++) {
      if (fleet.icao24[slot] == null) {
        continue;
      }
      this.aircraft += 1;
      this.onGround += grounded[slot] === 1 ? 1 : 0;
      this.airborne += grounded[slot] === 0 ? 1 : 0;
      this.newest = later(this.newest, contacts[slot] as number);
      this.countCountry(countries[slot]);
      this.countCategory(categories[slot] as number);
      if (grounded[slot] === 0) {
        this.countAltitude(altitudes[slot] as number, band);
      }
      this.keepAge(now - (positions[slot] as number));
    }
    this.medianAge = median(this.ages.subarray(0, this.aged));
  }

  private clear(size: number, band: number): void {
    this.aircraft = 0;
    this.airborne = 0;
    this.onGround = 0;
    this.newest = Number.NaN;
    this.countries.clear();
    this.bands.fill(0);
    this.bandCount = Math.min(Math.floor(HIGHEST_M / band) + 1, MOST_BANDS);
    this.unknownAltitude = 0;
    this.categories.fill(0);
    this.aged = 0;
    if (size > this.ages.length) {
      this.ages = new Float64Array(Math.ceil(size * SPARE));
    }
  }

  private countCountry(country: string | null | undefined): void {
    if (country) {
      this.countries.set(country, (this.countries.get(country) ?? 0) + 1);
    }
  }

  private countCategory(category: number): void {
    if (category >= 0 && category < CATEGORIES.length) {
      this.categories[category] = (this.categories[category] as number) + 1;
    }
  }

  private countAltitude(altitude: number, band: number): void {
    if (Number.isNaN(altitude)) {
      this.unknownAltitude += 1;
      return;
    }
    const place = Math.min(Math.max(Math.floor(altitude / band), 0), this.bandCount - 1);
    this.bands[place] = (this.bands[place] as number) + 1;
  }

  private keepAge(age: number): void {
    if (!Number.isNaN(age)) {
      this.ages[this.aged++] = Math.max(age, 0);
    }
  }
}

function later(newest: number, time: number): number {
  return time > newest || Number.isNaN(newest) ? time : newest;
}

/** Gives the median of numbers, which it sorts; NaN of none. */
function median(numbers: Float64Array): number {
  numbers.sort();
  return numbers[Math.floor((numbers.length - 1) / 2)] ?? Number.NaN;
}
