/** The decoder that docs/stream.md offers to readers is the one that the page ships. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

function source(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

test("docs/decoders/delta.ts is a copy; `python web/build.py format` writes it", () => {
  const shipped = source("../src/stream/delta-decoder.ts");
  expect(source("../../docs/decoders/delta.ts")).toBe(shipped);
});
