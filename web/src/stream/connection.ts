/** Keeps a stream open: comes back by itself, and says so when nothing is heard. */

import { fetchTicket, proof, RefusedError } from "../core/access.ts";

export type ConnectionState = "connecting" | "live" | "stale" | "offline" | "refused" | "paused";

export interface Listener {
  /** Takes an event of the server's and its data, parsed. */
  hear(event: string, data: unknown): void;
  /** Takes the state whenever it changes, and what the server or the browser says about it. */
  change(state: ConnectionState, reason: string): void;
}

const EVENTS = ["snapshot", "update", "remove", "heartbeat", "reset", "bye", "overloaded"] as const;

/** As `sse.heartbeat_seconds`, until two heartbeats have shown what it is. */
const FIRST_HEARTBEAT_MS = 15_000;
const SILENT_HEARTBEATS = 2.5;
/** How often the browser itself may try before the waits become ours, which grow. */
const BROWSER_ATTEMPTS = 3;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

export class Connection {
  state: ConnectionState = "paused";
  private readonly path: string;
  private readonly listener: Listener;
  private source: EventSource | null = null;
  private lastId = "";
  private failures = 0;
  /** Counts openings, so that one that was given up is known. */
  private attempt = 0;
  private heartbeatMs = FIRST_HEARTBEAT_MS;
  private lastBeat: number | null = null;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, listener: Listener) {
    this.path = path;
    this.listener = listener;
  }

  /** Opens the stream, after a pause where it was left. */
  open(): void {
    this.drop();
    const url = new URL(this.path, location.origin);
    if (this.lastId !== "") {
      url.searchParams.set("last_event_id", this.lastId);
    }
    this.change("connecting", "");
    if (proof() === null) {
      this.connect(url);
    } else {
      void this.connectWithTicket(url);
    }
  }

  /** Closes the stream for a while: nobody looks. */
  pause(): void {
    this.drop();
    this.change("paused", "");
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
      if (error instanceof RefusedError) {
        this.change("refused", error.message);
      } else {
        this.miss();
      }
    }
  }

  private connect(url: URL): void {
    const source = new EventSource(url);
    this.source = source;
    for (const event of EVENTS) {
      source.addEventListener(event, (message) => this.hear(event, message as MessageEvent));
    }
    source.addEventListener("open", () => this.listen());
    source.addEventListener("error", (event) => this.fail(event));
    this.listen();
  }

  private hear(event: string, message: MessageEvent<string>): void {
    performance.mark("event-begins");
    this.take(event, message);
    // Who measures hears of it by an observer; nothing is kept.
    performance.measure(`event:${event}`, "event-begins");
    performance.clearMarks("event-begins");
    performance.clearMeasures(`event:${event}`);
  }

  private take(event: string, message: MessageEvent<string>): void {
    this.lastId = message.lastEventId || this.lastId;
    const data: unknown = JSON.parse(message.data || "{}");
    this.failures = 0;
    if (event === "heartbeat") {
      this.learnHeartbeat();
    }
    this.listen();
    if (event === "bye" || event === "overloaded") {
      // The browser comes back after the time that the server has named, which no script can read.
      this.change("connecting", (data as { reason?: string }).reason ?? "");
      return;
    }
    // Data first: who is told "live" may rely on what there is.
    this.listener.hear(event, data);
    this.change("live", "");
  }

  private fail(event: Event): void {
    if (event instanceof MessageEvent) {
      this.refuse(event);
      return;
    }
    this.failures += 1;
    // A ticket opens one stream only: the browser must not come back with it by itself.
    const isGivenUp = this.source?.readyState === EventSource.CLOSED || proof() !== null;
    if (!isGivenUp && this.failures <= BROWSER_ATTEMPTS) {
      this.change("connecting", "");
      return;
    }
    this.drop();
    this.change("offline", "the server does not answer");
    this.retry = setTimeout(() => this.open(), this.wait());
  }

  /** The server has said what is wrong with what is asked for; asking again would not help. */
  private refuse(event: MessageEvent<string>): void {
    this.drop();
    const { reason } = JSON.parse(event.data) as { reason: string };
    this.change("refused", reason);
  }

  /** Waits twice as long after each failure, and not when everybody else comes back. */
  private wait(): number {
    const doublings = Math.max(0, this.failures - BROWSER_ATTEMPTS);
    return Math.min(FIRST_WAIT_MS * 2 ** doublings, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
  }

  private learnHeartbeat(): void {
    const now = performance.now();
    if (this.lastBeat !== null) {
      this.heartbeatMs = Math.min(Math.max(now - this.lastBeat, 1_000), LONGEST_WAIT_MS);
    }
    this.lastBeat = now;
  }

  /** Begins to wait for the next event. */
  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.miss(), this.heartbeatMs * SILENT_HEARTBEATS);
  }

  /** Nothing was heard: a connection that looks open is dead. */
  private miss(): void {
    this.drop();
    this.change("stale", "nothing heard from the server");
    this.failures += 1;
    this.retry = setTimeout(() => this.open(), this.wait());
  }

  private drop(): void {
    this.attempt += 1;
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.lastBeat = null;
    this.source?.close();
    this.source = null;
  }

  private change(state: ConnectionState, reason: string): void {
    if (state !== this.state || reason !== "") {
      this.state = state;
      this.listener.change(state, reason);
    }
  }
}
