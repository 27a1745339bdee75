/** The build fails when the first view would load too much. */

import { expect, test } from "vitest";
import {
  checkFirstView,
  firstViewScripts,
  MAX_FIRST_VIEW_BYTES,
  type Written,
} from "../first-view.ts";

const BUNDLE: Record<string, Written> = {
  "index.js": { type: "chunk", imports: ["shared.js"], dynamicImports: ["page.js"] },
  "shared.js": { type: "chunk", imports: [], dynamicImports: [] },
  "page.js": { type: "chunk", imports: ["parts.js", "shared.js"], dynamicImports: ["later.js"] },
  "parts.js": { type: "chunk", imports: ["index.js"], dynamicImports: [] },
  "later.js": { type: "chunk", imports: ["parts.js"], dynamicImports: [] },
  "worker.js": { type: "chunk", imports: ["shared.js"], dynamicImports: [] },
  "index.css": { type: "asset" },
};

test("the first view is the entry, its next step, the worker, and what they import", () => {
  expect(firstViewScripts(BUNDLE, ["index.js", "worker.js"])).toEqual([
    "index.js",
    "page.js",
    "parts.js",
    "shared.js",
    "worker.js",
  ]);
});

test("a first view at the limit is built, one byte more is not", () => {
  const sizes = new Map([
    ["index.js", 1_000],
    ["page.js", MAX_FIRST_VIEW_BYTES - 1_000],
  ]);
  expect(checkFirstView(sizes)).toBe(MAX_FIRST_VIEW_BYTES);
  sizes.set("index.js", 1_001);
  expect(() => checkFirstView(sizes)).toThrow("650001 bytes by gzip");
});
