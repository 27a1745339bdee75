/** An empty map of the past says why. */

import { expect, test } from "vitest";
import { emptyPastReason, type PastView } from "../src/panels/empty-past.ts";

const OLDEST = 1_790_000_000;
const EMPTY: PastView = {
  now: OLDEST - 60,
  oldest: OLDEST,
  aircraft: 0,
  hasFilters: true,
  state: "still",
};

test("before the first stored time it names that time", () => {
  const text = /^Nothing is stored before \d\d:\d\d, Mon 21 Sept? 2026\. Choose a later time\.$/;
  expect(emptyPastReason(EMPTY)).toMatch(text);
  expect(emptyPastReason({ ...EMPTY, state: "replay" })).toMatch(text);
});

test("later it says that nothing is stored, unless filters may be the reason", () => {
  const later = { ...EMPTY, now: OLDEST + 60 };
  expect(emptyPastReason(later)).toBe("");
  expect(emptyPastReason({ ...later, hasFilters: false })).toBe(
    "Nothing is stored for this time. Choose another one.",
  );
});

test("it says nothing while data are loaded or aircraft are shown", () => {
  expect(emptyPastReason({ ...EMPTY, state: "connecting" })).toBe("");
  expect(emptyPastReason({ ...EMPTY, aircraft: 1 })).toBe("");
});
