/** Counts the fleet by country, category, altitude and age of position, in one pass. */

import { CATEGORIES } from "../../core/categories.ts";
import type { System } from "../../core/units.ts";
import { HIGHEST_M } from "../../map/altitude-ramp.ts";
import type { Fleet } from "../../stream/fleet.ts";

/** Enough for bands of 1,000 m up to the highest colour of the map. */
const MAX_BANDS = 14;
const FOOT_M = 0.3048;
/** The buffer grows by a quarter more than is needed, so that it grows seldom. */
const GROWTH = 1.25;

/** Returns the height of an altitude band in metres, round in the user's units: 1,000 m or 4,000 ft. */
export function bandMetres(system: System): number {
  return system === "metric" ? 1_000 : 4_000 * FOOT_M;
}

export class FleetSummary {
  aircraft = 0;
  airborne = 0;
  onGround = 0;
  /** The newest `last_contact` of any aircraft in Unix seconds; NaN if there is none. */
  newest = Number.NaN;
  /** The median age of the positions in seconds; NaN if there are none. */
  medianAge = Number.NaN;
  /** The number of aircraft by country. */
  readonly countries = new Map<string, number>();
  /** The number of airborne aircraft by altitude band from the ground up; the last band is open. */
  readonly bands = new Uint32Array(MAX_BANDS);
  /** The number of bands in use. */
  bandCount = 0;
  /** Airborne aircraft whose altitude was not received. */
  unknownAltitude = 0;
  readonly categories = new Uint32Array(CATEGORIES.length);
  private ages = new Float64Array(0);
  /** The length of the valid part of `ages`. */
  private agesLength = 0;

  /**
   * Counts the whole fleet.
   *
   * @param now Unix seconds.
   * @param band The height of an altitude band in metres.
   */
  update(fleet: Fleet, now: number, band: number): void {
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
      this.addAge(now - (positions[slot] as number));
    }
    this.medianAge = median(this.ages.subarray(0, this.agesLength));
  }

  private clear(size: number, band: number): void {
    this.aircraft = 0;
    this.airborne = 0;
    this.onGround = 0;
    this.newest = Number.NaN;
    this.countries.clear();
    this.bands.fill(0);
    this.bandCount = Math.min(Math.floor(HIGHEST_M / band) + 1, MAX_BANDS);
    this.unknownAltitude = 0;
    this.categories.fill(0);
    this.agesLength = 0;
    if (size > this.ages.length) {
      this.ages = new Float64Array(Math.ceil(size * GROWTH));
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
    const index = Math.min(Math.max(Math.floor(altitude / band), 0), this.bandCount - 1);
    this.bands[index] = (this.bands[index] as number) + 1;
  }

  private addAge(age: number): void {
    if (!Number.isNaN(age)) {
      this.ages[this.agesLength++] = Math.max(age, 0);
    }
  }
}

function later(newest: number, time: number): number {
  return time > newest || Number.isNaN(newest) ? time : newest;
}

/** Sorts numbers and returns their median; NaN if there are none. */
function median(numbers: Float64Array): number {
  numbers.sort();
  return numbers[Math.floor((numbers.length - 1) / 2)] ?? Number.NaN;
}
