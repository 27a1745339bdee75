/** The events that the server's own tests have recorded. */

import { readFileSync } from "node:fs";

export type Told = [event: string, data: unknown];

/** Reads a recording of tests/golden, events in their order. */
export function recording(name: "delta" | "row" | "object"): Told[] {
  const path = new URL(`../../tests/golden/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => {
    const { event, data } = JSON.parse(line) as { event: string; data: unknown };
    return [event, data];
  });
}
