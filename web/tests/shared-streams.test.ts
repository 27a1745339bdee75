/** Tabs with the same query share one stream; each gets a snapshot first, and a lost tab costs nothing. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Notice, SharedStreams } from "../src/stream/shared-streams.ts";

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  readyState = 0;
  readonly url: URL;

  constructor(url: URL) {
    super();
    this.url = url;
    FakeSource.opened.push(this);
  }

  close(): void {
    this.readyState = 2;
  }

  say(event: string, lastEventId = ""): void {
    this.dispatchEvent(new MessageEvent(event, { data: "{}", lastEventId }));
  }
}

/** A port whose messages arrive at once. */
class FakePort extends EventTarget {
  readonly notices: Notice[] = [];
  isTaking = true;

  postMessage(notice: Notice): void {
    this.notices.push(notice);
    if (this.isTaking && notice.kind !== "joined") {
      this.send("taken");
    }
  }

  send(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  start(): void {}
  close(): void {}

  get events(): string[] {
    return this.notices.flatMap((notice) => (notice.kind === "event" ? [notice.event] : []));
  }
}

let streams: SharedStreams;

function join(group = "sse/flights", query = ""): FakePort {
  const port = new FakePort();
  streams.connect(port as unknown as MessagePort);
  port.send({ group, url: `http://monitor.test/${group}${query}` });
  return port;
}

function open(): FakeSource[] {
  return FakeSource.opened.filter(({ readyState }) => readyState !== 2);
}

function newest(): FakeSource {
  return FakeSource.opened.at(-1) as FakeSource;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  FakeSource.opened = [];
  streams = new SharedStreams();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("tabs with equal queries have one stream, others have one each", () => {
  const [first, second] = [join(), join()];
  const spain = join("sse/flights?country=Spain");
  expect(FakeSource.opened).toHaveLength(2);
  FakeSource.opened[0]?.say("snapshot");
  expect([first.events, second.events, spain.events]).toEqual([["snapshot"], ["snapshot"], []]);
});

test("for a late tab the stream begins again with a snapshot, which all tabs receive", () => {
  const first = join();
  newest().say("snapshot", "epoch.1");
  newest().say("update", "epoch.2");
  const late = join("sse/flights", "?last_event_id=epoch.1");
  expect(open()).toHaveLength(1);
  expect(newest().url.searchParams.has("last_event_id")).toBe(false);
  newest().say("snapshot", "epoch.2");
  expect(first.events).toEqual(["snapshot", "update", "snapshot"]);
  expect(late.notices.at(-1)).toEqual({
    kind: "event",
    event: "snapshot",
    data: "{}",
    lastEventId: "epoch.2",
  });
});

test("a tab that resumes alone resumes with its id, and one that joins it gets a snapshot", () => {
  join("sse/flights", "?last_event_id=epoch.1");
  expect(newest().url.searchParams.get("last_event_id")).toBe("epoch.1");
  join();
  expect(newest().url.searchParams.has("last_event_id")).toBe(false);
  expect(open()).toHaveLength(1);
});

test("the stream ends with its last tab, whichever was the first", () => {
  const [first, second] = [join(), join()];
  first.send("leave");
  expect(open()).toHaveLength(1);
  newest().say("snapshot");
  expect(second.events).toEqual(["snapshot"]);
  second.send("leave");
  expect(open()).toHaveLength(0);
});

test("a tab that takes nothing is dropped at a bound, and the others notice nothing", () => {
  const [stuck, other] = [join(), join()];
  stuck.isTaking = false;
  for (let event = 0; event < 100; event++) {
    newest().say("update");
  }
  expect(stuck.events).toHaveLength(32);
  expect(stuck.notices.at(-1)).toEqual({ kind: "failure", readyState: 2 });
  expect(other.events).toHaveLength(100);
});

test("a tab that was closed without a word holds no stream open", () => {
  const gone = join();
  gone.isTaking = false;
  newest().say("snapshot");
  vi.advanceTimersByTime(61_000);
  newest().say("heartbeat");
  expect(open()).toHaveLength(0);
});

test("a quiet minute drops no tab", () => {
  const tab = join();
  newest().say("snapshot");
  vi.advanceTimersByTime(300_000);
  newest().say("heartbeat");
  expect(tab.events).toEqual(["snapshot", "heartbeat"]);
});

test("refusals and failures reach all tabs, and the next tab opens the stream again", () => {
  const tabs = [join(), join()];
  newest().say("error");
  newest().close();
  newest().dispatchEvent(new Event("error"));
  for (const tab of tabs) {
    expect(tab.events).toEqual(["error"]);
    expect(tab.notices.at(-1)).toEqual({ kind: "failure", readyState: 2 });
  }
  join();
  expect(open()).toHaveLength(1);
});
