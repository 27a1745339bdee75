/** Parses Server-Sent Events (WHATWG HTML, 9.2) out of text that arrives in pieces. */

export interface ServerEvent {
  name: string;
  data: string;
}

/** The longest event in characters; the snapshot of 12,000 aircraft as objects has four million. */
const MAX_EVENT_LENGTH = 64 * 2 ** 20;

export class SseParser {
  /** The id of the last event that had one. */
  lastId = "";
  /** The milliseconds until a client is to return, as the server stated them last. */
  retryMs: number | null = null;
  private rest = "";
  private name = "";
  private data: string[] = [];
  private id: string | null = null;
  private length = 0;

  /**
   * Yields the events that the text completes. An event without data only sets `lastId` and `retryMs`.
   *
   * @throws RangeError if an event is longer than any that a server sends.
   */
  *feed(text: string): Generator<ServerEvent> {
    // A long event arrives in many pieces without a line end; none but the last is searched twice.
    if (!/[\r\n]/.test(text) && !this.rest.endsWith("\r")) {
      this.checkLength(this.rest.length + text.length);
      this.rest += text;
      return;
    }
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() as string;
    this.checkLength(this.rest.length);
    for (const line of lines) {
      if (line !== "") {
        this.checkLength(line.length);
        this.length += line.length;
        this.readField(line);
        continue;
      }
      const event = { name: this.name || "message", data: this.data.join("\n") };
      const isEvent = this.data.length > 0;
      this.lastId = this.id ?? this.lastId;
      this.clear();
      if (isEvent) {
        yield event;
      }
    }
  }

  /** Forgets an event that the end of a connection cut off; the last id stays. */
  reset(): void {
    this.rest = "";
    this.clear();
  }

  private clear(): void {
    [this.name, this.data, this.id, this.length] = ["", [], null, 0];
  }

  private readField(line: string): void {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") {
      this.name = value;
    } else if (field === "data") {
      this.data.push(value);
    } else if (field === "id" && !value.includes("\0")) {
      this.id = value;
    } else if (field === "retry" && /^\d+$/.test(value)) {
      this.retryMs = Number(value);
    }
  }

  private checkLength(length: number): void {
    if (this.length + length > MAX_EVENT_LENGTH) {
      throw new RangeError(`an event is longer than ${MAX_EVENT_LENGTH} characters`);
    }
  }
}
