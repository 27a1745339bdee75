/** The stream of aircraft as typed events; it reconnects by itself and resumes where it was. */

import { Backoff } from "./backoff.ts";
import { RetryLaterError, readText } from "./connection.ts";
import { type Aircraft, type Field, type FlightEvent, RefusedError } from "./events.ts";
import { type Format, type Query, streamUrl } from "./query.ts";
import { type ServerEvent, SseParser } from "./sse-parser.ts";
import { type StateDecoder, stateDecoder } from "./state-decoder.ts";

/** Two heartbeats of the server's default of 15 s, and some time more. */
const SILENCE_MS = 40_000;

export interface StreamOptions {
  query?: Query;
  /** The fields of an aircraft; all of them if it is empty. `icao24` is always there. */
  fields?: readonly Field[];
  /** `row` if it is left out. */
  format?: Format;
  /** An API key or a token, where the server needs one. */
  key?: string;
  /** Further headers of each request. */
  headers?: Record<string, string>;
  /** Ends the stream when it is aborted, as `close` does. */
  signal?: AbortSignal;
  /** Milliseconds without any data after which the connection counts as dead; 40,000 by default. */
  silenceMs?: number;
  /** Sends the requests; the global `fetch` by default. */
  fetch?: typeof fetch;
}

/**
 * Iterate over it once, with `for await`. It ends after `close`, and at the end of a replay.
 *
 * A program that takes events slowly gets fewer of them, each with the newest states: nothing queues up.
 */
export class FlightStream implements AsyncIterable<FlightEvent> {
  private readonly url: URL;
  private readonly options: StreamOptions;
  private readonly closing = new AbortController();
  private readonly parser = new SseParser();
  private readonly backoff = new Backoff();
  private readonly decoder: StateDecoder;
  private readonly held = new Map<string, Aircraft>();
  /** Why the server ends the connection; empty if it has not said so. */
  private endReason = "";

  /** @param server The address of the monitor's page, such as `http://localhost:8081`. */
  constructor(server: string | URL, options: StreamOptions = {}) {
    const { query = {}, fields = [], format = "row" } = options;
    this.url = streamUrl(server, query, fields, format);
    this.options = options;
    this.decoder = stateDecoder(format);
    options.signal?.addEventListener("abort", () => this.close(), { once: true });
    if (options.signal?.aborted) {
      this.close();
    }
  }

  /** The aircraft by `icao24`, after the event that was yielded last. */
  get fleet(): ReadonlyMap<string, Aircraft> {
    return this.held;
  }

  /** The id with which the client returns; empty before the first event. */
  get lastEventId(): string {
    return this.parser.lastId;
  }

  /** Ends the iteration and the connection. */
  close(): void {
    this.closing.abort();
  }

  /** @throws RefusedError if the server refuses the query or the key. */
  async *[Symbol.asyncIterator](): AsyncGenerator<FlightEvent> {
    while (!this.isClosed()) {
      let [reason, atLeastMs] = ["", 0];
      try {
        if (yield* this.connect()) {
          return;
        }
        reason = this.endReason || "the connection ended";
      } catch (error) {
        if (!(error instanceof RetryLaterError)) {
          throw error;
        }
        ({ message: reason, atLeastMs } = error);
      }
      if (this.isClosed()) {
        return;
      }
      const retryInMs = this.backoff.next(this.parser.retryMs, atLeastMs);
      yield { event: "disconnected", reason, retryInMs };
      await pause(retryInMs, this.closing.signal);
    }
  }

  private isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Reads one connection to its end; returns whether the stream is over for good. */
  private async *connect(): AsyncGenerator<FlightEvent, boolean> {
    const { silenceMs = SILENCE_MS, fetch = globalThis.fetch } = this.options;
    this.parser.reset();
    this.endReason = "";
    const text = readText({
      url: this.url,
      headers: this.headers(),
      signal: this.closing.signal,
      silenceMs,
      fetch: fetch.bind(globalThis),
    });
    try {
      for (;;) {
        const { done, value } = await text.next();
        if (done) {
          return value;
        }
        for (const event of this.parser.feed(value)) {
          const typed = this.apply(event);
          if (typed !== null) {
            yield typed;
          }
        }
      }
    } finally {
      await text.return(false);
    }
  }

  private headers(): Record<string, string> {
    const { key, headers } = this.options;
    return {
      Accept: "text/event-stream",
      ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      ...(this.lastEventId === "" ? {} : { "Last-Event-ID": this.lastEventId }),
      ...headers,
    };
  }

  /** Returns the event for the program; null if it concerns the connection only, or is not known. */
  private apply({ name, data: text }: ServerEvent): FlightEvent | null {
    const data = JSON.parse(text) as Record<string, unknown>;
    if (name === "error") {
      const { reason, parameter } = data as { reason: string; parameter?: string };
      throw new RefusedError(reason, 200, parameter ?? null);
    }
    if (name === "bye" || name === "overloaded") {
      this.endReason = String(data.reason);
      return null;
    }
    this.backoff.succeed();
    const id = this.lastEventId;
    if (name === "snapshot" || name === "update") {
      return this.takeStates(name, id, data);
    }
    if (name === "remove") {
      this.decoder.feed(name, data);
      for (const icao24 of data.icao24 as string[]) {
        this.held.delete(icao24);
      }
    }
    const isKnown = name === "remove" || name === "heartbeat" || name === "reset";
    return isKnown ? ({ event: name, id, ...data } as FlightEvent) : null;
  }

  private takeStates(event: "snapshot" | "update", id: string, data: object): FlightEvent {
    const states = this.decoder.feed(event, data);
    if (event === "snapshot") {
      this.held.clear();
    }
    for (const state of states) {
      this.held.set(state.icao24, state);
    }
    return { event, id, time: (data as { time: number }).time, states };
  }
}

/** Waits; ends early when the signal is aborted. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) {
      end();
    }
  });
}
