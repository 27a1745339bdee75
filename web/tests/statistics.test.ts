/** The statistics panel: counts of the fleet, rates of the stream, and hours of the archive. */

import { describe, expect, test } from "vitest";
import { describe as describePlot, extentOf } from "../src/charts/sparkline.ts";
import {
  altitudeBars,
  categoryBars,
  categoryNumber,
  countryBars,
  withoutCategory,
} from "../src/panels/statistics/bar-data.ts";
import { bandMetres, FleetSummary } from "../src/panels/statistics/fleet-summary.ts";
import { describeHours, fillDay, startOfDay } from "../src/panels/statistics/hours.ts";
import { Rate } from "../src/panels/statistics/rate.ts";
import { Ring } from "../src/panels/statistics/ring.ts";
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

function summaryOf(aircraft: readonly Aircraft[], band = 1_000): FleetSummary {
  const summary = new FleetSummary();
  summary.update(fleetOf(aircraft), T, band);
  return summary;
}

describe("the summary", () => {
  test("counts aircraft by ground state and country", () => {
    const summary = summaryOf(AIRCRAFT);
    expect([summary.aircraft, summary.airborne, summary.onGround]).toEqual([6, 5, 1]);
    expect(summary.newest).toBe(T);
    expect(Object.fromEntries(summary.countries)).toEqual({ Spain: 2, Chile: 2, Malta: 1 });
  });

  test("only airborne aircraft have a band, and the outermost bands have no limit", () => {
    const summary = summaryOf(AIRCRAFT);
    expect(summary.bandCount).toBe(14);
    expect([summary.bands[0], summary.bands[10], summary.bands[13]]).toEqual([2, 1, 1]);
    expect(summary.bands.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(summary.unknownAltitude).toBe(1);
  });

  test("the median age leaves out missing positions", () => {
    expect(summaryOf(AIRCRAFT).medianAge).toBe(3);
    expect(summaryOf([]).medianAge).toBeNaN();
  });

  test("starts from zero each time and skips free slots", () => {
    const summary = new FleetSummary();
    const fleet = fleetOf(AIRCRAFT);
    summary.update(fleet, T, 1_000);
    fleet.remove("000000");
    summary.update(fleet, T, bandMetres("nautical"));
    expect(summary.aircraft).toBe(5);
    expect(summary.newest).toBe(T - 1);
    expect(summary.countries.get("Spain")).toBe(1);
    expect(summary.bandCount).toBe(11);
    expect(summary.medianAge).toBe(1);
  });

  test("of an empty fleet is zero", () => {
    const summary = summaryOf([]);
    expect([summary.aircraft, summary.countries.size, summary.unknownAltitude]).toEqual([0, 0, 0]);
    expect(summary.newest).toBeNaN();
  });
});

describe("bars", () => {
  test("countries are sorted by aircraft, then by name, up to a limit", () => {
    expect(countryBars(summaryOf(AIRCRAFT), 2)).toEqual([
      { name: "Chile", count: 2 },
      { name: "Spain", count: 2 },
    ]);
  });

  test("unknown categories are counted apart, and each name has a filter value", () => {
    const summary = summaryOf(AIRCRAFT);
    const bars = categoryBars(summary, 6);
    expect(bars).toEqual([
      { name: "large", count: 2 },
      { name: "rotorcraft", count: 1 },
    ]);
    expect(bars.map(({ name }) => categoryNumber(name))).toEqual(["4", "8"]);
    expect(withoutCategory(summary)).toBe(2);
  });

  test("altitudes go from the highest down to the ground, in round numbers of the reader's units", () => {
    const bars = altitudeBars(summaryOf(AIRCRAFT), "metric", "dark");
    expect(bars[0]).toMatchObject({ name: "13,000 m and up", count: 1 });
    expect(bars[3]).toMatchObject({ name: "10,000 m", count: 1 });
    expect(bars.slice(-3).map(({ name, count }) => [name, count])).toEqual([
      ["below 1,000 m", 2],
      ["on the ground", 1],
      ["not received", 1],
    ]);
    const feet = altitudeBars(summaryOf(AIRCRAFT, bandMetres("nautical")), "nautical", "light");
    expect(feet.slice(0, 2).map(({ name }) => name)).toEqual(["40,000 ft and up", "36,000 ft"]);
  });

  test("each airborne aircraft is in a band or has no altitude", () => {
    const summary = summaryOf(AIRCRAFT);
    const counts = altitudeBars(summary, "metric", "dark").map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count)).toBe(summary.airborne + summary.onGround);
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
    rate.measure(0);
    let vectors = 0;
    const objects = recording("object");
    recording(format).forEach(([event, data], index) => {
      rate.onEvent(event, data);
      const { states = [] } = (objects[index]?.[1] ?? {}) as { states?: unknown[] };
      vectors += event === "update" ? states.length : 0;
    });
    expect(vectors).toBeGreaterThan(0);
    expect(rate.measure(20_000)).toBe(vectors / 20);
    expect(rate.measure(50_000)).toBe(0);
  });

  test("is unknown before ten seconds have passed", () => {
    const rate = new Rate();
    rate.measure(0);
    rate.onEvent("update", { slots: [0] });
    expect(rate.measure(0)).toBeNaN();
    expect(rate.measure(9_900)).toBeNaN();
    expect(rate.measure(10_000)).toBe(0.1);
  });

  test("is the same however often and unevenly it is measured", () => {
    const rate = new Rate();
    rate.measure(0);
    const measured: number[] = [];
    for (let time = 5_000; time <= 60_000; time += 5_000) {
      rate.measure(time - 20);
      rate.onEvent("update", { slots: Array(9_000).fill(0) });
      measured.push(rate.measure(time), rate.measure(time + 5));
    }
    const known = measured.filter((value) => !Number.isNaN(value));
    expect(known).toHaveLength(22);
    expect(Math.min(...known)).toBeGreaterThan(1_790);
    expect(Math.max(...known)).toBeLessThan(2_110);
  });

  test("covers the time of a late sample", () => {
    const rate = new Rate();
    rate.measure(0);
    rate.onEvent("update", { slots: Array(600).fill(0) });
    expect(rate.measure(60_000)).toBe(10);
  });
});

describe("the day", () => {
  const start = startOfDay(T);

  test("begins at the reader's midnight", () => {
    const midnight = new Date(start * 1_000);
    expect([midnight.getHours(), midnight.getMinutes(), midnight.getSeconds()]).toEqual([0, 0, 0]);
    expect(T - start).toBeLessThan(25 * 3_600);
  });

  test("missing hours had no traffic", () => {
    const first = start - (start % 3_600);
    const busiest = { hour: first + 3_600, aircraft: 700, state_vectors: 28_000 };
    const day = fillDay([busiest], start, first + 2 * 3_600 + 1);
    expect(day.map(({ aircraft }) => aircraft)).toEqual([0, 700, 0]);
    expect(day[1]).toBe(busiest);
    expect(describeHours(day)).toMatch(/^Busiest hour: from \d\d:\d\d, with 700 aircraft\.$/);
  });
});
