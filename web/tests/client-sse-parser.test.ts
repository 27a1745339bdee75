/** The parser of the npm package: any division of the text gives the same events. */

import { expect, test } from "vitest";
import { type ServerEvent, SseParser } from "../../clients/typescript/src/sse-parser.ts";

const TEXT =
  ": welcome\nretry: 2804\n\n" +
  'event: snapshot\r\nid: 1\r\ndata: {"a":\r\ndata: 1}\r\n\r\n' +
  "event: update\rid: 2\rdata: ä 𝄞\r\r" +
  "retry: soon\nid: a\0b\ndata\nunknown: 1\n\n";
const EVENTS = [
  { name: "snapshot", data: '{"a":\n1}' },
  { name: "update", data: "ä 𝄞" },
  { name: "message", data: "" },
];

function parse(pieces: readonly string[], parser = new SseParser()): ServerEvent[] {
  return pieces.flatMap((piece) => [...parser.feed(piece)]);
}

test.each([1, 2, 3, 5, 8, TEXT.length])("in pieces of %i characters", (size) => {
  const parser = new SseParser();
  const pieces: string[] = [];
  for (let first = 0; first < TEXT.length; first += size) {
    pieces.push(TEXT.slice(first, first + size));
  }
  expect(parse(pieces, parser)).toEqual(EVENTS);
  expect(parser.lastId).toBe("2");
  expect(parser.retryMs).toBe(2804);
});

test("an event that was cut off is forgotten; the last id stays", () => {
  const parser = new SseParser();
  expect(parse(["id: 1\ndata: a\n\nid: 2\ndata: b\n"], parser)).toHaveLength(1);
  parser.reset();
  expect(parser.lastId).toBe("1");
  expect(parse(["data: c\n\n"], parser)).toEqual([{ name: "message", data: "c" }]);
});

test("an event without end is refused", () => {
  const parser = new SseParser();
  const half = "x".repeat(32 * 2 ** 20);
  expect(parse([`data: ${half}`], parser)).toEqual([]);
  expect(() => parse([half], parser)).toThrow(RangeError);
});
