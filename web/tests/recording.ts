/** Reads the event streams that the server's golden tests have recorded. */

import { readFileSync } from "node:fs";

export type RecordedEvent = [event: string, data: unknown];

/** Returns the events of a recording of tests/golden in their order. */
export function recording(name: "delta" | "row" | "object"): RecordedEvent[] {
  const path = new URL(`../../tests/golden/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => {
    const { event, data } = JSON.parse(line) as { event: string; data: unknown };
    return [event, data];
  });
}
