/** The address encodes the page's state, and measures are written in the reader's units. */

import { describe, expect, test } from "vitest";
import { MISSING, write, writeAge, writeTrack } from "../src/core/units.ts";
import { rampColour } from "../src/map/altitude-ramp.ts";
import { readAddress, writeAddress } from "../src/store/address.ts";
import { type Filters, liveRequest, replayPath, type SavedQuery } from "../src/stream/query.ts";

describe("the address", () => {
  test.each([
    "?at=47.4500,8.5500,7.25",
    "?at=47.4500,8.5500,7.25&aircraft=4b1814&units=nautical&theme=dark&glide=off",
    "?at=47.4500,8.5500,7.25&labels=callsign,speed",
    "?bbox=5.9,45.8,10.5,47.9&country=Switzerland,Germany&at=47.4500,8.5500,7.25",
    "?at=47.4500,8.5500,7.25&time=2026-09-21T14:13:20Z&speed=60&panel=past&table=open",
  ])("%s is read and written unchanged", (address) => {
    expect(writeAddress(readAddress(address))).toBe(address);
  });

  test.each([
    "?at=nowhere",
    "?at=91,0,3",
    "?at=,,",
    "?aircraft=%3Cscript%3E&units=cubits&theme=x",
    "?time=noon&panel=x",
    "?labels=%3Cb%3E,height",
  ])("%s is invalid and gives the defaults", (address) => {
    expect(readAddress(address)).toEqual(readAddress(""));
  });
});

function pathOf(filters: Filters, saving: SavedQuery | null = null): string {
  return liveRequest({ filters, pinned: "4b1814", saving }).path;
}

describe("the stream's path", () => {
  test("the unfiltered fleet is requested as differences", () => {
    expect(pathOf(new Map())).toBe("sse/flights?format=delta");
  });

  test("filters are applied by the server, and the selected aircraft is pinned", () => {
    const query = new URL(pathOf(new Map([["country", "Spain"]])), "http://x").searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      country: "Spain",
      format: "row",
      pinned: "4b1814",
    });
  });

  test("a slow connection receives fewer fields, of the aircraft in view and the selected one", () => {
    const saved = new URL(pathOf(new Map(), { bbox: "5.9,45.8,10.5,47.9" }), "http://x");
    expect(Object.fromEntries(saved.searchParams)).toMatchObject({
      bbox: "5.9,45.8,10.5,47.9",
      format: "row",
      pinned: "4b1814",
    });
    expect(saved.searchParams.get("fields")).not.toContain("origin_country");
  });

  test("an area that the user has chosen is not widened", () => {
    const path = pathOf(new Map([["bbox", "0,0,1,1"]]), { bbox: "5.9,45.8,10.5,47.9" });
    expect(new URL(path, "http://x").searchParams.getAll("bbox")).toEqual(["0,0,1,1"]);
  });

  test("a replay is requested as rows with its speed", () => {
    const path = replayPath(new Map(), null, { from: 1_000, to: 2_000, speed: 60 });
    const query = new URL(path, "http://x").searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      format: "row",
      from: "1000",
      to: "2000",
      speed: "60",
    });
    expect(query.has("pinned")).toBe(false);
  });
});

describe("measures", () => {
  test.each([
    [11_887, "altitude", "metric", "11,887 m"],
    [11_887, "altitude", "nautical", "38,999 ft"],
    [240, "speed", "metric", "864 km/h"],
    [240, "speed", "nautical", "467 kt"],
    [240, "speed", "imperial", "537 mph"],
    [-6.5, "climb", "metric", "-6.5 m/s"],
    [6.5, "climb", "nautical", "+1,280 ft/min"],
    [0, "climb", "metric", "0.0 m/s"],
    [Number.NaN, "speed", "metric", MISSING],
  ] as const)("%d as %s, %s: %s", (value, quantity, system, text) => {
    expect(write(value, quantity, system)).toBe(text);
  });

  test("tracks have a compass direction and ages are not negative", () => {
    expect(writeTrack(359.6)).toBe("0° N");
    expect(writeTrack(Number.NaN)).toBe(MISSING);
    expect(writeAge(-1)).toBe("0 s");
    expect(writeAge(150)).toBe("3 min");
  });
});

/** Returns the relative luminance as WCAG defines it. */
function luminance(colour: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = colour.map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("colours of altitudes", () => {
  test.each([
    ["dark", [22, 32, 51]],
    ["light", [244, 242, 236]],
  ] as const)("contrast with the %s land by 3 to 1", (theme, land) => {
    for (let part = 0; part <= 1; part += 0.05) {
      const both = [luminance(rampColour(part, theme)), luminance(land)].sort((a, b) => b - a);
      expect(((both[0] ?? 0) + 0.05) / ((both[1] ?? 0) + 0.05)).toBeGreaterThan(3);
    }
  });
});
