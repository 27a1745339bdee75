/** The search understands coordinates as people write them. */

import { describe, expect, test } from "vitest";
import { readCoordinates } from "../src/find/coordinates.ts";

describe("coordinates", () => {
  test.each([
    ["47.45 8.56"],
    ["47.45, 8.56"],
    ["47.45,8.56"],
    ["  47.45 ; 8.56 "],
    ["47.45N 8.56E"],
    ["47.45° N, 8.56° E"],
    ["N47.45 E8.56"],
    ["n 47.45 e 8.56"],
    ["8.56E 47.45N"],
    ["47°27'N 8°33'36\"E"],
    ["47°27′N, 8°33′36″E"],
    ["N47°27'0\" E008°33'36\""],
  ])("%s is near Zurich", (text) => {
    const place = readCoordinates(text);
    expect(place?.latitude).toBeCloseTo(47.45, 6);
    expect(place?.longitude).toBeCloseTo(8.56, 6);
  });

  test.each([
    ["-33.9 18.6", -33.9, 18.6],
    ["33.9S 18.6E", -33.9, 18.6],
    ["40.6, -73.8", 40.6, -73.8],
    ["40°36'N 73°48'W", 40.6, -73.8],
    ["0 0", 0, 0],
  ])("%s is south or west where it says so", (text, latitude, longitude) => {
    const place = readCoordinates(text);
    expect(place?.latitude).toBeCloseTo(latitude, 6);
    expect(place?.longitude).toBeCloseTo(longitude, 6);
  });

  test.each([
    [""],
    ["47.45"],
    ["SWR12"],
    ["47.45 8.56 3"],
    ["91 8"],
    ["47 181"],
    ["47N 8N"],
    ["47E 8W"],
    ["4b1814"],
    ["1234 5678"],
  ])("%s is no place", (text) => {
    expect(readCoordinates(text)).toBeNull();
  });
});
