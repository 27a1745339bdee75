/** Keeps one stream open: reconnects by itself, and reports when the server falls silent. */

import { AccessDenied, accessKey, fetchTicket } from "../core/access.ts";
import { canShare, openStream, type StreamSource } from "./stream-source.ts";
import { MAX_STREAMS, type StreamWindows } from "./stream-windows.ts";

export type ConnectionState = "connecting" | "live" | "stale" | "offline" | "refused" | "paused";

export interface ConnectionListener {
  /** Called for every event of the server, with its data parsed from JSON. */
  onEvent(event: string, data: unknown): void;
  /** Called whenever the state changes, with a reason for the user; empty if there is none. */
  onState(state: ConnectionState, reason: string): void;
  /** Called when the server answered, but its first event took longer than the connection may be silent. */
  onTooSlow?(): void;
}

const EVENTS = ["snapshot", "update", "remove", "heartbeat", "reset", "bye", "overloaded"] as const;

/** Without an event for this many heartbeat intervals the data count as stale: a heartbeat is missing. */
const STALE_HEARTBEATS = 1.3;
/** Without an event for this many heartbeat intervals the connection counts as dead. */
const SILENT_HEARTBEATS = 2.5;
/** The first event has all aircraft, so it is given this many times longer after each failure, twice. */
const [PATIENCE, MAX_PATIENCE] = [2, 4];
const TOO_MANY_WINDOWS = `${MAX_STREAMS} other windows have streams of their own; close one`;
/** The pause after which a window asks again whether another one was closed. */
const WINDOW_WAIT_MS = 5_000;
/** EventSource.OPEN: the server has answered. */
const OPEN = 1;
const NO_DATA = "no data from the server";
/** The browser reconnects by itself this many times; after that the page does, with growing waits. */
const BROWSER_ATTEMPTS = 3;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

export class Connection {
  state: ConnectionState = "paused";
  private reason = "";
  private readonly path: string;
  private readonly listener: ConnectionListener;
  private source: StreamSource | null = null;
  private lastId = "";
  private failures = 0;
  /** Whether the present stream has brought an event. */
  private hasEvent = false;
  /** Counts the attempts to open, so that a ticket of an abandoned attempt is ignored. */
  private attempt = 0;
  private readonly heartbeatMs: () => number;
  private readonly windows: StreamWindows | null;
  private readonly isShared: boolean;
  private staleTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param heartbeatMs Returns the server's heartbeat interval, as the server states it. It is not
   *   measured: heartbeats that a stalled network delivers together are not sent so fast.
   * @param windows The windows of this browser; null if their number does not matter.
   * @param isShared Whether tabs with the same path may share the stream.
   */
  constructor(
    path: string,
    listener: ConnectionListener,
    heartbeatMs: () => number,
    windows: StreamWindows | null = null,
    isShared = false,
  ) {
    this.path = path;
    this.listener = listener;
    this.heartbeatMs = heartbeatMs;
    this.windows = windows;
    this.isShared = isShared;
  }

  /** Opens the stream; after a pause it resumes with the event that followed the last one. */
  open(): void {
    this.close();
    const url = new URL(this.path, location.href);
    if (this.lastId !== "") {
      url.searchParams.set("last_event_id", this.lastId);
    }
    this.setState("connecting", "");
    if (accessKey() === null) {
      this.connect(url);
    } else {
      void this.connectWithTicket(url);
    }
  }

  /** Closes the stream until the next `open`. */
  pause(): void {
    this.close();
    this.setState("paused", "");
  }

  private async connectWithTicket(url: URL): Promise<void> {
    const attempt = ++this.attempt;
    try {
      const ticket = await fetchTicket();
      if (attempt === this.attempt) {
        url.searchParams.set("ticket", ticket);
        this.connect(url);
      }
    } catch (error) {
      if (attempt !== this.attempt) {
        return;
      }
      if (error instanceof AccessDenied) {
        this.setState("refused", error.message);
      } else {
        this.onSilence();
      }
    }
  }

  private connect(url: URL): void {
    const source = openStream(url, this.isShared ? this.path : null);
    this.source = source;
    this.hasEvent = false;
    if (this.windows !== null) {
      this.windows.stream = this.isShared && canShare() ? this.path : String(Math.random());
      void this.leaveToOthers(this.windows);
    }
    for (const event of EVENTS) {
      source.addEventListener(event, (message) => this.onMessage(event, message as MessageEvent));
    }
    source.addEventListener("open", () => this.watchSilence());
    source.addEventListener("error", (event) => this.onError(event));
    this.watchSilence();
  }

  /** Closes the stream again if other windows have too many, until one of them is closed. */
  private async leaveToOthers(windows: StreamWindows): Promise<void> {
    const { attempt } = this;
    if ((await windows.areTooMany()) && attempt === this.attempt) {
      this.close();
      this.setState("connecting", TOO_MANY_WINDOWS);
      this.waitForWindow(windows);
    }
  }

  private waitForWindow(windows: StreamWindows): void {
    const { attempt } = this;
    const check = async () => {
      const areTooMany = await windows.areTooMany();
      if (attempt === this.attempt && areTooMany) {
        this.waitForWindow(windows);
      } else if (attempt === this.attempt) {
        this.open();
      }
    };
    // At random, so that of two windows one is first.
    this.retryTimer = setTimeout(() => void check(), WINDOW_WAIT_MS * (0.5 + Math.random()));
  }

  private onMessage(event: string, message: MessageEvent<string>): void {
    performance.mark("event-begins");
    this.apply(event, message);
    // A benchmark observes the measurement while it is made; the page keeps none.
    performance.measure(`event:${event}`, "event-begins");
    performance.clearMarks("event-begins");
    performance.clearMeasures(`event:${event}`);
  }

  private apply(event: string, message: MessageEvent<string>): void {
    this.lastId = message.lastEventId || this.lastId;
    const data: unknown = JSON.parse(message.data || "{}");
    this.failures = 0;
    this.hasEvent = true;
    this.watchSilence();
    if (event === "bye" || event === "overloaded") {
      // The browser reconnects after the server's `retry`, which scripts cannot read.
      this.setState("connecting", (data as { reason?: string }).reason ?? "");
      return;
    }
    // The event comes before the state: a listener that sees "live" may rely on the data.
    this.listener.onEvent(event, data);
    this.setState("live", "");
  }

  private onError(event: Event): void {
    if (event instanceof MessageEvent) {
      this.onRefusal(event);
      return;
    }
    this.failures += 1;
    // A ticket opens one stream only, so the browser cannot reconnect with it.
    const isGivenUp = this.source?.readyState === EventSource.CLOSED || accessKey() !== null;
    if (!isGivenUp && this.failures <= BROWSER_ATTEMPTS) {
      this.setState("connecting", "");
      return;
    }
    this.close();
    this.setState("offline", "the server does not answer");
    this.retryTimer = setTimeout(() => this.open(), this.waitMs());
  }

  /** Handles the server's own `error` event: it rejects the request, and a retry would not help. */
  private onRefusal(event: MessageEvent<string>): void {
    this.close();
    const { reason } = JSON.parse(event.data) as { reason: string };
    this.setState("refused", reason);
  }

  /** Returns a wait that doubles with each failure, with jitter so that clients do not return together. */
  private waitMs(): number {
    const doublings = Math.max(0, this.failures - BROWSER_ATTEMPTS);
    return Math.min(FIRST_WAIT_MS * 2 ** doublings, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
  }

  /** Restarts the timers that notice a silent server. */
  private watchSilence(): void {
    this.stopTimers();
    const interval = this.heartbeatMs();
    this.staleTimer = setTimeout(() => this.onMissingHeartbeat(), interval * STALE_HEARTBEATS);
    const patience = this.hasEvent ? 1 : Math.min(PATIENCE ** this.failures, MAX_PATIENCE);
    const silentMs = interval * SILENT_HEARTBEATS * patience;
    this.silenceTimer = setTimeout(() => this.onSilence(), silentMs);
  }

  /** Shows that data are missing; the connection may still bring them. */
  private onMissingHeartbeat(): void {
    if (this.state === "live") {
      this.setState("stale", NO_DATA);
    }
  }

  /** Reconnects: a connection without any event is dead even if it looks open. */
  private onSilence(): void {
    const isTooSlow = !this.hasEvent && this.source?.readyState === OPEN;
    this.close();
    this.setState("stale", NO_DATA);
    this.failures += 1;
    this.retryTimer = setTimeout(() => this.open(), this.waitMs());
    if (isTooSlow) {
      // Last, as the listener may close this connection for one that asks for less.
      this.listener.onTooSlow?.();
    }
  }

  private close(): void {
    this.attempt += 1;
    this.stopTimers();
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
    if (this.windows !== null) {
      this.windows.stream = null;
    }
  }

  private stopTimers(): void {
    clearTimeout(this.staleTimer);
    clearTimeout(this.silenceTimer);
  }

  private setState(state: ConnectionState, reason: string): void {
    if (state !== this.state || reason !== this.reason) {
      this.state = state;
      this.reason = reason;
      this.listener.onState(state, reason);
    }
  }
}
