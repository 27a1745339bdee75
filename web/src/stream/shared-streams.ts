/** Opens one stream for all tabs of a browser with the same query; runs in the shared worker. */

/** A tab's first message over its port: which stream it wants, and how to open it. */
export interface Join {
  /** Equal for tabs that may share a stream: the query, and the key that it is opened with. */
  group: string;
  /** The address to open; the server may accept its ticket once. */
  url: string;
}

/** Every further message of a tab: it has taken an event, or it needs no more of them. */
export type Reply = "taken" | "leave";

/** What a tab receives. */
export type Notice =
  | { kind: "joined"; readyState: number }
  | { kind: "open" }
  | { kind: "event"; event: string; data: string; lastEventId: string }
  | { kind: "failure"; readyState: number };

const EVENTS = [
  ...["snapshot", "update", "remove", "heartbeat", "reset", "bye", "overloaded", "error"],
] as const;
const CLOSED = 2;
const LAST_ID = "last_event_id";
/**
 * A tab that has not taken so many events, or one for so long, is dropped: it was closed without a
 * word, or its script does not run. A script that runs again finds the failure and joins again.
 */
const MAX_WAITING = 32;
const MAX_WAITING_MS = 60_000;

/** A tab's events that it has not taken yet. */
class Waiting {
  private count = 0;
  /** When the tab last had taken everything, or an event since. */
  private sinceMs = 0;

  get isStuck(): boolean {
    const waitedMs = this.count === 0 ? 0 : performance.now() - this.sinceMs;
    return this.count >= MAX_WAITING || waitedMs > MAX_WAITING_MS;
  }

  add(): void {
    if (this.count === 0) {
      this.sinceMs = performance.now();
    }
    this.count += 1;
  }

  take(): void {
    this.count -= 1;
    this.sinceMs = performance.now();
  }
}

export class SharedStreams {
  private readonly streams = new Map<string, SharedStream>();

  /** Serves a tab, which sends a `Join` and then replies. */
  connect(port: MessagePort): void {
    let leave = () => {};
    let taken = () => {};
    port.addEventListener("message", ({ data }: MessageEvent<Join | Reply>) => {
      if (data === "taken") {
        taken();
      } else if (data === "leave") {
        leave();
        port.close();
      } else {
        const stream = this.streamOf(data.group);
        leave = () => stream.leave(port);
        taken = () => stream.taken(port);
        stream.join(port, data.url);
      }
    });
    port.start();
  }

  private streamOf(group: string): SharedStream {
    const known = this.streams.get(group);
    const stream = known ?? new SharedStream(() => this.streams.delete(group));
    this.streams.set(group, stream);
    return stream;
  }
}

/**
 * It keeps no events. A tab that joins later needs a snapshot, so the stream is opened again without an
 * id, and all of its tabs receive that snapshot.
 */
class SharedStream {
  private readonly tabs = new Map<MessagePort, Waiting>();
  private source: EventSource | null = null;
  /** Whether the next event is a snapshot, so that a tab that joins now misses nothing. */
  private isFresh = false;
  private readonly onEmpty: () => void;

  constructor(onEmpty: () => void) {
    this.onEmpty = onEmpty;
  }

  join(port: MessagePort, address: string): void {
    this.tabs.set(port, new Waiting());
    const url = new URL(address);
    if (this.source === null) {
      this.open(url);
    } else if (!this.isFresh) {
      url.searchParams.delete(LAST_ID); // the other tabs may be further than this one
      this.open(url);
    }
    const readyState = this.source?.readyState ?? CLOSED;
    port.postMessage({ kind: "joined", readyState } satisfies Notice);
  }

  taken(port: MessagePort): void {
    this.tabs.get(port)?.take();
  }

  leave(port: MessagePort): void {
    if (this.tabs.delete(port) && this.tabs.size === 0) {
      this.close();
      this.onEmpty();
    }
  }

  private open(url: URL): void {
    this.close();
    const source = new EventSource(url);
    this.source = source;
    this.isFresh = !url.searchParams.has(LAST_ID);
    source.addEventListener("open", () => this.pass({ kind: "open" }));
    for (const event of EVENTS) {
      source.addEventListener(event, (message) => this.onEvent(event, message));
    }
  }

  private close(): void {
    this.source?.close();
    this.source = null;
  }

  private onEvent(event: string, message: Event): void {
    this.isFresh = false;
    if (message instanceof MessageEvent) {
      const { data, lastEventId } = message;
      this.pass({ kind: "event", event, data, lastEventId });
      return;
    }
    const readyState = this.source?.readyState ?? CLOSED;
    if (readyState === CLOSED) {
      this.source = null;
    }
    this.pass({ kind: "failure", readyState });
  }

  private pass(notice: Notice): void {
    for (const [port, waiting] of this.tabs) {
      if (waiting.isStuck) {
        port.postMessage({ kind: "failure", readyState: CLOSED } satisfies Notice);
        this.leave(port);
      } else {
        waiting.add();
        port.postMessage(notice);
      }
    }
  }
}
