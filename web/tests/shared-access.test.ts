/** A key that works in one tab works in the others, until the last of them is closed. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accessKey, keepAccessKey } from "../src/core/access.ts";
import { SharedAccess } from "../src/core/shared-access.ts";

/** Channels of one browser; messages arrive at once, at the others only. */
class FakeChannel extends EventTarget {
  static all: FakeChannel[] = [];
  readonly tab = current;

  constructor() {
    super();
    FakeChannel.all.push(this);
  }

  postMessage(data: unknown): void {
    const sender = current;
    for (const channel of FakeChannel.all.filter((one) => one !== this)) {
      current = channel.tab;
      channel.dispatchEvent(new MessageEvent("message", { data }));
    }
    current = sender;
  }
}

/** The session storage of each tab. */
const storages: (string | null)[] = [];
/** The tab whose script runs. */
let current = 0;
const taken: string[] = [];

beforeEach(() => {
  FakeChannel.all = [];
  storages.length = 0;
  taken.length = 0;
  current = 0;
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("sessionStorage", {
    getItem: () => storages[current] ?? null,
    setItem: (_: string, key: string) => {
      storages[current] = key;
    },
    removeItem: () => {
      storages[current] = null;
    },
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Opens a tab with what its session storage holds. */
function open(key: string | null): SharedAccess {
  current = storages.push(key) - 1;
  const tab = current;
  return new SharedAccess({
    onKey: (given) => taken.push(`${tab}: ${given}`),
    onSignedOut: () => taken.push(`${tab}: out`),
  });
}

/** Runs in a tab, as its own script does. */
function inTab(tab: number, run: () => void): void {
  current = tab;
  run();
}

test("a new tab gets the key that works in another one", () => {
  const one = open("osfm_good");
  inTab(0, () => one.accept());
  const other = open(null);
  inTab(1, () => other.wait());
  expect(taken).toEqual(["1: osfm_good"]);
});

test("a tab that waits gets the key as soon as another one has signed in", () => {
  const one = open(null);
  inTab(0, () => one.wait());
  const other = open("osfm_good");
  expect(taken).toEqual([]);
  inTab(1, () => other.accept());
  expect(taken).toEqual(["0: osfm_good"]);
});

test("a key that no server has accepted is not given away", () => {
  open("osfm_untried");
  const other = open(null);
  inTab(1, () => other.wait());
  expect(taken).toEqual([]);
});

test("tabs with different keys do not exchange them again and again", () => {
  const one = open("osfm_old");
  inTab(0, () => one.accept());
  const other = open("osfm_rejected");
  inTab(1, () => other.wait());
  expect(taken).toEqual([]);
});

test("nothing is asked or given while no tab waits", () => {
  const one = open("osfm_good");
  open(null);
  inTab(0, () => one.accept());
  expect(taken).toEqual([]);
  expect(storages).toEqual(["osfm_good", null]);
});

test("signing out signs all tabs out, and none gives the key again", () => {
  const one = open("osfm_good");
  const other = open("osfm_good");
  inTab(0, () => one.accept());
  inTab(1, () => other.accept());
  inTab(0, () => one.signOut());
  expect(storages).toEqual([null, null]);
  expect(taken).toEqual(["1: out"]);
  const third = open(null);
  inTab(2, () => third.wait());
  expect(taken).toEqual(["1: out"]);
});

test("a browser that allows no storage keeps the key for the document", () => {
  vi.stubGlobal("sessionStorage", undefined);
  expect(accessKey()).toBeNull();
  expect(keepAccessKey("osfm_good")).toBe(false);
  expect(accessKey()).toBe("osfm_good");
});
