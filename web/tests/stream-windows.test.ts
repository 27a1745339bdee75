/** A window leaves the connections of HTTP/1.1 to the windows that were there before. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, type ConnectionState } from "../src/stream/connection.ts";
import { MAX_STREAMS, StreamWindows } from "../src/stream/stream-windows.ts";

class FakeChannel extends EventTarget {
  static all: FakeChannel[] = [];

  constructor() {
    super();
    FakeChannel.all.push(this);
  }

  postMessage(data: unknown): void {
    for (const channel of FakeChannel.all.filter((other) => other !== this)) {
      channel.dispatchEvent(new MessageEvent("message", { data }));
    }
  }
}

let opened = 0;

class FakeSource extends EventTarget {
  constructor() {
    super();
    opened += 1;
  }

  close(): void {
    opened -= 1;
  }
}

interface Window {
  connection: Connection;
  states: [ConnectionState, string][];
}

async function openWindow(): Promise<Window> {
  const states: [ConnectionState, string][] = [];
  const listener = {
    onEvent: () => undefined,
    onState: (state: ConnectionState, reason: string) => states.push([state, reason]),
  };
  const connection = new Connection("sse/flights", listener, () => 600_000, new StreamWindows());
  connection.open();
  await vi.advanceTimersByTimeAsync(2_000);
  return { connection, states };
}

function stubProtocol(nextHopProtocol: string): void {
  vi.spyOn(performance, "getEntriesByType").mockReturnValue([{ nextHopProtocol } as never]);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("location", { href: "http://monitor.test/" });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  FakeChannel.all = [];
  opened = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("over HTTP/1.1 one window too many says so, and opens when another one is closed", async () => {
  stubProtocol("http/1.1");
  const windows: Window[] = [];
  for (let count = 0; count < MAX_STREAMS; count++) {
    windows.push(await openWindow());
  }
  const last = await openWindow();
  expect(opened).toBe(MAX_STREAMS);
  expect(last.states.at(-1)?.[1]).toBe("5 other windows have streams of their own; close one");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(opened).toBe(MAX_STREAMS);
  windows[0]?.connection.pause();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(opened).toBe(MAX_STREAMS);
  expect(last.states.at(-1)).toEqual(["connecting", ""]);
});

test("a window that waits and is paused stays closed", async () => {
  stubProtocol("http/1.1");
  const windows: Window[] = [];
  for (let count = 0; count <= MAX_STREAMS; count++) {
    windows.push(await openWindow());
  }
  windows.at(-1)?.connection.pause();
  windows[0]?.connection.pause();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(opened).toBe(MAX_STREAMS - 1);
});

test("over HTTP/2 the number of windows does not matter", async () => {
  stubProtocol("h2");
  for (let count = 0; count < 2 * MAX_STREAMS; count++) {
    await openWindow();
  }
  expect(opened).toBe(2 * MAX_STREAMS);
});
