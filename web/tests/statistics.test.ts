/** The statistics panel: counts of the fleet, rates of the stream, and hours of the archive. */

import { describe, expect, test } from "vitest";
import { describe as describePlot, extentOf } from "../src/charts/sparkline.ts";
import { beginOfDay, describeDay, fillDay } from "../src/panels/statistics/day.ts";
import { Rate } from "../src/panels/statistics/rate.ts";
import { Ring } from "../src/panels/statistics/ring.ts";
import {
  altitudeBars,
  categoryBars,
  categoryNumber,
  countryBars,
  untold,
} from "../src/panels/statistics/shares.ts";
import { bandMetres, Tally } from "../src/panels/statistics/tally.ts";
import { Fleet } from "../src/stream/fleet.ts";
import { recording } from "./recording.ts";

const T = 1_790_000_000;

interface Aircraft {
  country: string | null;
  altitude: number;
  onGround: number;
  category: number;
  age: number;
}

function fleetOf(aircraft: readonly Aircraft[]): Fleet {
  const made = new Fleet();
  aircraft.forEach(({ country, altitude, onGround, category, age }, index) => {
    const slot = made.admit(index.toString(16).padStart(6, "0"));
    made.setText("origin_country", slot, country);
    made.setMeasure("baro_altitude", slot, altitude);
    made.setMeasure("on_ground", slot, onGround);
    made.setMeasure("category", slot, category);
    made.setMeasure("time_position", slot, T - age);
    made.setMeasure("last_contact", slot, T - index);
  });
  return made;
}

const AIRCRAFT: readonly Aircraft[] = [
  { country: "Spain", altitude: 10_500, onGround: 0, category: 4, age: 3 },
  { country: "Spain", altitude: 999, onGround: 0, category: 4, age: 1 },
  { country: "Chile", altitude: 15_000, onGround: 0, category: 8, age: Number.NaN },
  { country: "Chile", altitude: -20, onGround: 0, category: 0, age: 90 },
  { country: "Malta", altitude: 10, onGround: 1, category: Number.NaN, age: -2 },
  { country: null, altitude: Number.NaN, onGround: 0, category: 1, age: 40 },
];

function tallyOf(aircraft: readonly Aircraft[], band = 1_000): Tally {
  const tally = new Tally();
  tally.take(fleetOf(aircraft), T, band);
  return tally;
}

describe("the tally", () => {
  test("counts aircraft by ground state and country", () => {
    const tally = tallyOf(AIRCRAFT);
    expect([tally.aircraft, tally.airborne, tally.onGround]).toEqual([6, 5, 1]);
    expect(tally.newest).toBe(T);
    expect(Object.fromEntries(tally.countries)).toEqual({ Spain: 2, Chile: 2, Malta: 1 });
  });

  test("only airborne aircraft have a band, and the outermost bands have no limit", () => {
    const tally = tallyOf(AIRCRAFT);
    expect(tally.bandCount).toBe(14);
    expect([tally.bands[0], tally.bands[10], tally.bands[13]]).toEqual([2, 1, 1]);
    expect(tally.bands.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(tally.unknownAltitude).toBe(1);
  });

  test("the median age leaves out missing positions", () => {
    expect(tallyOf(AIRCRAFT).medianAge).toBe(3);
    expect(tallyOf([]).medianAge).toBeNaN();
  });

  test("starts from zero each time and skips free slots", () => {
    const tally = new Tally();
    const fleet = fleetOf(AIRCRAFT);
    tally.take(fleet, T, 1_000);
    fleet.remove("000000");
    tally.take(fleet, T, bandMetres("nautical"));
    expect(tally.aircraft).toBe(5);
    expect(tally.newest).toBe(T - 1);
    expect(tally.countries.get("Spain")).toBe(1);
    expect(tally.bandCount).toBe(11);
    expect(tally.medianAge).toBe(1);
  });

  test("of an empty fleet is zero", () => {
    const tally = tallyOf([]);
    expect([tally.aircraft, tally.countries.size, tally.unknownAltitude]).toEqual([0, 0, 0]);
    expect(tally.newest).toBeNaN();
  });
});

describe("bars", () => {
  test("countries are sorted by aircraft, then by name, up to a limit", () => {
    expect(countryBars(tallyOf(AIRCRAFT), 2)).toEqual([
      { name: "Chile", count: 2 },
      { name: "Spain", count: 2 },
    ]);
  });

  test("unknown categories are counted apart, and each name has a filter value", () => {
    const tally = tallyOf(AIRCRAFT);
    const bars = categoryBars(tally, 6);
    expect(bars).toEqual([
      { name: "large", count: 2 },
      { name: "rotorcraft", count: 1 },
    ]);
    expect(bars.map(({ name }) => categoryNumber(name))).toEqual(["4", "8"]);
    expect(untold(tally)).toBe(2);
  });

  test("altitudes go from the highest down to the ground, in round numbers of the reader's units", () => {
    const bars = altitudeBars(tallyOf(AIRCRAFT), "metric", "dark");
    expect(bars[0]).toMatchObject({ name: "13,000 m and up", count: 1 });
    expect(bars[3]).toMatchObject({ name: "10,000 m", count: 1 });
    expect(bars.slice(-3).map(({ name, count }) => [name, count])).toEqual([
      ["below 1,000 m", 2],
      ["on the ground", 1],
      ["not received", 1],
    ]);
    const feet = altitudeBars(tallyOf(AIRCRAFT, bandMetres("nautical")), "nautical", "light");
    expect(feet.slice(0, 2).map(({ name }) => name)).toEqual(["40,000 ft and up", "36,000 ft"]);
  });

  test("each airborne aircraft is in a band or has no altitude", () => {
    const tally = tallyOf(AIRCRAFT);
    const counts = altitudeBars(tally, "metric", "dark").map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count)).toBe(tally.airborne + tally.onGround);
  });
});

describe("the ring", () => {
  test("the oldest numbers are dropped", () => {
    const ring = new Ring(3);
    for (const value of [1, 2, 3, 4]) {
      ring.push(value);
    }
    expect([ring.length, ring.at(0), ring.at(2)]).toEqual([3, 2, 4]);
    expect([ring.at(3), ring.at(-1)]).toEqual([Number.NaN, Number.NaN]);
  });

  test("the mean leaves out gaps", () => {
    const ring = new Ring(5);
    expect(ring.mean(3)).toBeNaN();
    for (const value of [100, 2, Number.NaN, 4]) {
      ring.push(value);
    }
    expect(ring.mean(3)).toBe(3);
  });
});

describe("the sparkline", () => {
  const options = { label: "delay", write: (value: number) => `${value} s` };
  const series = (...values: number[]) => {
    const ring = new Ring(values.length);
    values.forEach((value) => {
      ring.push(value);
    });
    return ring;
  };

  test("describes its newest, lowest and highest number", () => {
    const extent = extentOf(series(7, Number.NaN, 2, 5));
    expect(extent).toEqual({ newest: 5, least: 2, greatest: 7 });
    expect(describePlot(options, extent)).toBe("delay: now 5 s, lowest 2 s, highest 7 s");
  });

  test("a gap at the end is unknown, and gaps alone are no data", () => {
    const gap = extentOf(series(2, Number.NaN));
    expect(describePlot(options, gap)).toBe("delay: now unknown, lowest 2 s, highest 2 s");
    expect(describePlot(options, extentOf(series(Number.NaN)))).toBe("delay: no data yet");
  });
});

describe("the rate", () => {
  test.each(["delta", "row"] as const)("counts the updates of format=%s", (format) => {
    const rate = new Rate();
    rate.take(0);
    let vectors = 0;
    const objects = recording("object");
    recording(format).forEach(([event, data], index) => {
      rate.hear(event, data);
      const { states = [] } = (objects[index]?.[1] ?? {}) as { states?: unknown[] };
      vectors += event === "update" ? states.length : 0;
    });
    expect(vectors).toBeGreaterThan(0);
    expect(rate.take(2_000)).toBe(vectors / 2);
    expect(rate.take(3_000)).toBe(0);
  });

  test("is unknown before time has passed", () => {
    const rate = new Rate();
    rate.hear("update", { slots: [0] });
    expect(rate.take(500)).toBeNaN();
    expect(rate.take(500)).toBeNaN();
  });
});

describe("the day", () => {
  const begin = beginOfDay(T);

  test("begins at the reader's midnight", () => {
    const midnight = new Date(begin * 1_000);
    expect([midnight.getHours(), midnight.getMinutes(), midnight.getSeconds()]).toEqual([0, 0, 0]);
    expect(T - begin).toBeLessThan(25 * 3_600);
  });

  test("missing hours had no traffic", () => {
    const first = begin - (begin % 3_600);
    const busiest = { hour: first + 3_600, aircraft: 700, state_vectors: 28_000 };
    const day = fillDay([busiest], begin, first + 2 * 3_600 + 1);
    expect(day.map(({ aircraft }) => aircraft)).toEqual([0, 700, 0]);
    expect(day[1]).toBe(busiest);
    expect(describeDay(day)).toMatch(/^Busiest from \d\d:\d\d on: 700 aircraft in an hour\.$/);
  });
});
