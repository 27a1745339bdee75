/** The connection reconnects by itself and reports when no events arrive. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Connection, type ConnectionState } from "../src/stream/connection.ts";

/** A stand-in for the browser's EventSource that dispatches what the test sends. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static opened: FakeSource[] = [];
  readyState = 0;
  readonly url: URL;

  constructor(url: URL) {
    super();
    this.url = url;
    FakeSource.opened.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  say(event: string, data: unknown, lastEventId = ""): void {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data), lastEventId }));
  }

  break(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
}

/** The API key or token in the session storage; null for none. */
let key: string | null = null;
const states: ConnectionState[] = [];
const received: string[] = [];

function open(heartbeatMs = 15_000): Connection {
  const listener = {
    onEvent: (event: string) => received.push(event),
    onState: (state: ConnectionState) => states.push(state),
  };
  const connection = new Connection("sse/flights?format=delta", listener, () => heartbeatMs);
  connection.open();
  return connection;
}

function newest(): FakeSource {
  return FakeSource.opened.at(-1) as FakeSource;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("location", { href: "http://monitor.test/flights/?icao24=4b1814" });
  vi.stubGlobal("sessionStorage", { getItem: () => key });
  key = null;
  FakeSource.opened = [];
  states.length = 0;
  received.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the first event makes the connection live", () => {
  open();
  newest().say("snapshot", {});
  expect(states).toEqual(["connecting", "live"]);
  expect(received).toEqual(["snapshot"]);
});

test("a missing heartbeat is shown at once, and the next event is live again", () => {
  open();
  newest().say("snapshot", {});
  vi.advanceTimersByTime(19_400);
  expect(states.at(-1)).toBe("live");
  vi.advanceTimersByTime(200);
  expect(states.at(-1)).toBe("stale");
  newest().say("heartbeat", {});
  expect(states.at(-1)).toBe("live");
  expect(FakeSource.opened).toHaveLength(1);
});

test("after two and a half heartbeats without events it resumes from the last id", () => {
  open();
  newest().say("snapshot", {}, "epoch.1");
  vi.advanceTimersByTime(37_400);
  expect(FakeSource.opened[0]?.readyState).toBe(0);
  vi.advanceTimersByTime(200);
  expect(FakeSource.opened[0]?.readyState).toBe(FakeSource.CLOSED);
  vi.advanceTimersByTime(2_000);
  expect(FakeSource.opened).toHaveLength(2);
  expect(newest().url.searchParams.get("last_event_id")).toBe("epoch.1");
});

test("it goes by the interval that the server states", () => {
  open(2_000);
  newest().say("heartbeat", {});
  vi.advanceTimersByTime(2_500);
  expect(states.at(-1)).toBe("live");
  vi.advanceTimersByTime(200);
  expect(states.at(-1)).toBe("stale");
});

test.each([34, 120])("after a stall of %d s it stays live", (stall) => {
  open();
  newest().say("heartbeat", {});
  vi.advanceTimersByTime(stall * 1_000);
  // What the network has held back arrives at once.
  newest().say("heartbeat", {});
  newest().say("heartbeat", {});
  const opened = FakeSource.opened.length;
  for (let heartbeat = 0; heartbeat < 8; heartbeat++) {
    vi.advanceTimersByTime(15_000);
    newest().say("heartbeat", {});
    expect(states.at(-1)).toBe("live");
  }
  expect(FakeSource.opened).toHaveLength(opened);
});

test("when the browser gives up, it reconnects after growing delays", () => {
  open();
  const waits = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    newest().break(FakeSource.CLOSED);
    expect(states.at(-1)).toBe("offline");
    const began = Date.now();
    vi.advanceTimersToNextTimer();
    waits.push(Date.now() - began);
  }
  expect(FakeSource.opened).toHaveLength(9);
  expect(waits[0]).toBeLessThanOrEqual(2_000);
  expect(waits[7]).toBeGreaterThan(15_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
});

test("a request that the server refuses is not repeated", () => {
  open();
  newest().say("error", { reason: "no such parameter" });
  vi.advanceTimersByTime(600_000);
  expect(states.at(-1)).toBe("refused");
  expect(FakeSource.opened).toHaveLength(1);
});

test("a pause closes it, and it resumes from the last id", () => {
  const connection = open();
  newest().say("update", {}, "epoch.7");
  connection.pause();
  expect(newest().readyState).toBe(FakeSource.CLOSED);
  vi.advanceTimersByTime(600_000);
  expect(FakeSource.opened).toHaveLength(1);
  connection.open();
  expect(newest().url.searchParams.get("last_event_id")).toBe("epoch.7");
});

describe("with a key", () => {
  function answer(status: number, body: unknown): void {
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Response.json(body, { status })),
    );
    key = "osfm_1";
  }

  test("each connection has its own ticket, and the browser does not reconnect by itself", async () => {
    answer(200, { ticket: "t1" });
    open();
    await vi.waitFor(() => expect(FakeSource.opened).toHaveLength(1));
    expect(newest().url.searchParams.get("ticket")).toBe("t1");
    expect(fetch).toHaveBeenCalledWith("sse/ticket", {
      method: "POST",
      headers: { Authorization: "Bearer osfm_1" },
    });
    answer(200, { ticket: "t2" });
    newest().break(0);
    expect(newest().readyState).toBe(FakeSource.CLOSED);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(newest().url.searchParams.get("ticket")).toBe("t2");
  });

  test("an invalid key is refused and not tried again", async () => {
    answer(401, { error: "invalid_token", reason: "no such key" });
    open();
    await vi.waitFor(() => expect(states.at(-1)).toBe("refused"));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(FakeSource.opened).toHaveLength(0);
  });

  test("a ticket is requested again after the connection limit was reached", async () => {
    answer(429, { error: "overloaded", reason: "all of its 100 places are taken" });
    open();
    await vi.waitFor(() => expect(states.at(-1)).toBe("stale"));
    answer(200, { ticket: "t1" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(newest().url.searchParams.get("ticket")).toBe("t1");
  });

  test("a pause during the ticket request opens no connection", async () => {
    answer(200, { ticket: "t1" });
    open().pause();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(FakeSource.opened).toHaveLength(0);
  });
});
