/** The browser's address follows the page's state, but not at every step of a movement. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AddressBar } from "../src/address-bar.ts";
import { readAddress } from "../src/core/address.ts";

const written: string[] = [];
let zoom = 3;

function bar(): AddressBar {
  const shown = readAddress("?at=47,8,3");
  return new AddressBar(() => ({ ...shown, place: { ...shown.place, zoom } }));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("history", {
    replaceState: (_: null, __: string, url: string) => written.push(url),
  });
  written.length = 0;
  zoom = 3;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("several steps within half a second are written once, with the last state", () => {
  const address = bar();
  for (zoom = 4; zoom < 8; zoom++) {
    address.writeSoon();
    vi.advanceTimersByTime(100);
  }
  expect(written).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(written).toEqual(["?at=47.0000,8.0000,8.00"]);
});

test("an immediate write cancels the pending one", () => {
  const address = bar();
  address.writeSoon();
  address.write();
  vi.advanceTimersByTime(1_000);
  expect(written).toHaveLength(1);
});
