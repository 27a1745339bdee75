/** The feed shows live data, a snapshot at a time, or a replay, and switches between them. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed, type FeedState } from "../src/stream/feed.ts";
import { Fleet } from "../src/stream/fleet.ts";

const NOW = 1_790_000_000;
const ROW = { fields: ["icao24", "callsign"], states: [["4b1814", "SWR7EA"]] };

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  isClosed = false;
  readyState = 0;
  readonly url: URL;

  constructor(url: URL) {
    super();
    this.url = url;
    FakeSource.opened.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  answer(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  say(event: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) }));
  }
}

let states: FeedState[] = [];
let reasons: string[] = [];
let arrivals = 0;
let lines: boolean[] = [];
let fleet: Fleet;
let feed: Feed;

function newest(): FakeSource {
  return FakeSource.opened.at(-1) as FakeSource;
}

function parameter(name: string): string | null {
  return newest().url.searchParams.get(name);
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("location", { href: "http://monitor.test/" });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  FakeSource.opened = [];
  [states, reasons, arrivals, lines] = [[], [], 0, []];
  fleet = new Fleet();
  feed = new Feed(fleet, {
    onEvent: () => undefined,
    onState: (state, reason) => {
      states.push(state);
      reasons.push(reason);
    },
    onCaughtUp: () => {
      arrivals += 1;
    },
    onLine: (isSlow) => lines.push(isSlow),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function request(
  playback: { time: number; speed: number } | null,
  filters: [string, string][] = [],
) {
  feed.request({ filters: new Map(filters) as never, pinned: "4b1814", playback, saving: null });
}

test("live data come as differences, and with a filter as rows", () => {
  request(null);
  expect(parameter("format")).toBe("delta");
  const first = newest();
  request(null, [["country", "Spain"]]);
  expect(first.isClosed).toBe(true);
  expect([parameter("format"), parameter("country"), parameter("pinned")]).toEqual([
    "row",
    "Spain",
    "4b1814",
  ]);
  newest().say("snapshot", { time: NOW - 3, ...ROW });
  expect(states.at(-1)).toBe("live");
  expect(fleet.size).toBe(1);
  expect(feed.now()).toBe(NOW - 3);
});

test("events of a closed stream are ignored", () => {
  request(null, [["country", "Spain"]]);
  const first = newest();
  request({ time: NOW - 600, speed: 10 });
  const before = states.length;
  first.say("heartbeat", { time: NOW });
  expect(states.length).toBe(before);
});

test("a snapshot at a time comes from the history and stands still", async () => {
  const answer = vi.fn(async () => Response.json({ time: NOW - 600, ...ROW }));
  vi.stubGlobal("fetch", answer);
  request({ time: NOW - 600, speed: 0 });
  await vi.waitFor(() => expect(states.at(-1)).toBe("still"));
  const asked = new URL((answer.mock.calls[0] as unknown as [string])[0], "http://monitor.test");
  expect(asked.pathname).toBe("/api/history/at");
  expect(asked.searchParams.get("time")).toBe(String(NOW - 600));
  expect(asked.searchParams.has("pinned")).toBe(false);
  vi.advanceTimersByTime(5_000);
  expect(feed.now()).toBe(NOW - 600);
  expect(fleet.text("callsign", fleet.slotOf("4b1814") as number)).toBe("SWR7EA");
});

test("an error of the history is shown in the server's words", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ detail: "too far" }, { status: 400 }));
  let words = "";
  feed = new Feed(fleet, {
    onEvent: () => undefined,
    onState: (_, reason) => {
      words = reason;
    },
    onCaughtUp: () => undefined,
    onLine: () => undefined,
  });
  request({ time: NOW - 600, speed: 0 });
  await vi.waitFor(() => expect(words).toBe("too far"));
});

test("a replay runs at its speed in several requests and arrives at live", () => {
  request({ time: NOW - 600, speed: 60 });
  expect([parameter("from"), parameter("to"), parameter("speed")]).toEqual([
    String(NOW - 600),
    String(NOW - 1),
    "60",
  ]);
  newest().say("snapshot", { time: NOW - 600, ...ROW });
  expect(states.at(-1)).toBe("replay");
  vi.advanceTimersByTime(2_000);
  expect(feed.now()).toBe(NOW - 480);
  vi.advanceTimersByTime(58_000);
  newest().say("heartbeat", { time: NOW - 1 });
  expect(parameter("from")).toBe(String(NOW - 1));
  expect(arrivals).toBe(0);
  newest().say("heartbeat", { time: NOW + 59 });
  expect(arrivals).toBe(1);
});

test("a changed replay continues at its current time, or at its start before the first event", () => {
  request({ time: NOW - 6_000, speed: 10 });
  expect(feed.playback).toEqual({ time: NOW - 6_000, speed: 10 });
  newest().say("snapshot", { time: NOW - 6_000, ...ROW });
  vi.advanceTimersByTime(30_000);
  expect(feed.playback).toEqual({ time: NOW - 5_700, speed: 10 });
  request(null);
  expect(feed.playback).toBeNull();
});

test("a paused replay resumes where it was", () => {
  request({ time: NOW - 6_000, speed: 10 });
  newest().say("snapshot", { time: NOW - 6_000, ...ROW });
  vi.advanceTimersByTime(30_000);
  feed.pause();
  expect(states.at(-1)).toBe("paused");
  vi.advanceTimersByTime(60_000);
  feed.resume();
  expect(parameter("from")).toBe(String(NOW - 5_700));
});

test("a replay ends at the server's time, whatever the computer's clock shows", () => {
  vi.useRealTimers();
  vi.useFakeTimers({ now: (NOW - 600) * 1000 });
  request({ time: NOW - 300, speed: 10 });
  expect(arrivals).toBe(1);
  feed.adjustServerTime(NOW);
  request({ time: NOW - 300, speed: 10 });
  expect(parameter("to")).toBe(String(NOW - 1));
});

test.each([
  [undefined, 19],
  [60, 77],
  [0.01, 1],
  [1e9, 389],
])("a stated heartbeat interval of %s s is bounded", (stated, seconds) => {
  feed.setHeartbeat(stated);
  request(null);
  newest().say("heartbeat", { time: NOW });
  vi.advanceTimersByTime(seconds * 1_000);
  expect(states.at(-1)).toBe("live");
  vi.advanceTimersByTime(2_000);
  expect(states.at(-1)).toBe("stale");
});

test("a line that is too slow for the data is named, until it has caught up", () => {
  request(null);
  for (let event = 0; event < 12; event++) {
    newest().say("heartbeat", { time: NOW + 5 * event });
    vi.advanceTimersByTime(10_000);
  }
  expect([states.at(-1), reasons.at(-1)]).toEqual(["live", "slow connection"]);
  newest().say("heartbeat", { time: NOW + 120 });
  expect([states.at(-1), reasons.at(-1)]).toEqual(["live", ""]);
});

test("a line on which the first event takes too long is slow, and the next attempt is given longer", () => {
  request(null);
  const attempts = () => FakeSource.opened.length;
  newest().answer();
  vi.advanceTimersByTime(37_600);
  expect([states.at(-1), lines]).toEqual(["stale", [true]]);
  vi.advanceTimersByTime(2_000);
  expect(attempts()).toBe(2);
  newest().answer();
  vi.advanceTimersByTime(70_000);
  expect(attempts()).toBe(2);
  newest().say("heartbeat", { time: NOW });
  expect(states.at(-1)).toBe("live");
});

test("a server that does not answer at all is no slow line", () => {
  request(null);
  vi.advanceTimersByTime(37_600);
  expect([states.at(-1), lines]).toEqual(["stale", []]);
});

test("a saved query says that only aircraft in view are received", () => {
  feed.request({
    filters: new Map(),
    pinned: null,
    playback: null,
    saving: { bbox: "5.9,45.8,10.5,47.9" },
  });
  expect([parameter("bbox"), parameter("format")]).toEqual(["5.9,45.8,10.5,47.9", "row"]);
  newest().say("snapshot", { time: NOW, ...ROW });
  expect([states.at(-1), reasons.at(-1)]).toEqual([
    "live",
    "slow connection, only aircraft in view",
  ]);
});
