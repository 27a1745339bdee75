/** The events that the server's tests have recorded. */

import { readFileSync } from "node:fs";

export type RecordedEvent = [event: string, data: unknown];

/** Reads the events of a recording in tests/golden. */
export function recording(name: "delta" | "row" | "object"): RecordedEvent[] {
  const path = new URL(`../../tests/golden/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => {
    const { event, data } = JSON.parse(line) as { event: string; data: unknown };
    return [event, data];
  });
}
