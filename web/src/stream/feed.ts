/** Keeps the fleet at what is wanted: as it is now, as it was at a moment, or the past as it went on. */

import { fetchMoment, isAbort } from "../history/history-client.ts";
import type { Moment } from "../time/moment.ts";
import { Clock } from "./clock.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { DeltaReader } from "./delta-reader.ts";
import type { Fleet } from "./fleet.ts";
import { RowReader } from "./row-reader.ts";
import { type Filters, formatOf, livePath, ROW_FIELDS, replayPath } from "./view.ts";

export interface Wanted {
  filters: Filters;
  /** An aircraft that passes whatever the filters say. */
  pinned: string | null;
  /** Null is now. */
  moment: Moment | null;
}

export type FeedState = ConnectionState | "replay" | "still";

export interface FeedListener {
  /** Takes every event, once the fleet has taken it. */
  hear(event: string, data: unknown): void;
  /** Takes the state whenever it changes, and what is said about it. */
  change(state: FeedState, reason: string): void;
  /** A replay has caught up with now. */
  arrive(): void;
}

/** A replay asks for so much at once, and goes on from there. */
const LONGEST_REPLAY_S = 86_400;
/** Nearer than this to now a replay goes on live. */
const NEAR_S = 30;

export class Feed {
  state: FeedState = "paused";
  /** What the server or the browser has said about the state; empty if nothing. */
  reason = "";
  private clock = new Clock();
  private readonly present = new Clock();
  private readonly fleet: Fleet;
  private readonly listener: FeedListener;
  private wanted: Wanted = { filters: new Map(), pinned: null, moment: null };
  private connection: Connection | null = null;
  private question: AbortController | null = null;

  constructor(fleet: Fleet, listener: FeedListener) {
    this.fleet = fleet;
    this.listener = listener;
  }

  /** Unix seconds of what the fleet shows. */
  now(): number {
    return this.clock.now();
  }

  /** Unix seconds of the server's clock, whatever the fleet shows. */
  newest(): number {
    return this.present.now();
  }

  /** Learns the server's time from something else than the stream, in Unix seconds; NaN teaches nothing. */
  learnTime(time: number): void {
    // Nearer to the truth, where it is read, is the stream of now.
    if (this.clock !== this.present && !Number.isNaN(time)) {
      this.present.hear(time);
    }
  }

  /** The moment that was asked for, as far as it has gone on; null is now. */
  get moment(): Moment | null {
    const { moment } = this.wanted;
    const isMoving = moment !== null && moment.speed > 0 && this.clock.isSet;
    return isMoving ? { ...moment, time: Math.floor(this.now()) } : moment;
  }

  /** Shows something else from now on; what was shown stays until it is there. */
  ask(wanted: Wanted): void {
    this.wanted = wanted;
    this.drop();
    const { moment, filters } = wanted;
    this.clock = moment === null ? this.present : new Clock(moment.speed);
    if (moment === null) {
      const Reader = formatOf(filters) === "delta" ? DeltaReader : RowReader;
      this.connect(livePath(filters, wanted.pinned), new Reader(this.fleet), "live");
    } else if (moment.speed === 0) {
      void this.stand(moment.time);
    } else {
      this.replay(moment.time);
    }
  }

  /** Lets go of the stream for a while: nobody looks. */
  pause(): void {
    this.wanted = { ...this.wanted, moment: this.moment };
    this.connection?.pause();
  }

  /** Goes on after a pause where it was left. */
  resume(): void {
    if (this.state !== "paused") {
      return;
    }
    if (this.wanted.moment === null) {
      this.connection?.open();
    } else {
      this.ask(this.wanted);
    }
  }

  private drop(): void {
    this.question?.abort();
    this.question = null;
    const { connection } = this;
    this.connection = null;
    connection?.pause();
  }

  private replay(from: number): void {
    const to = Math.min(from + LONGEST_REPLAY_S, Math.floor(this.newest()) - 1);
    if (to - from < NEAR_S) {
      this.listener.arrive();
      return;
    }
    const { filters, pinned, moment } = this.wanted;
    const path = replayPath(filters, pinned, { from, to, speed: moment?.speed ?? 1 });
    this.connect(path, new RowReader(this.fleet), "replay", to);
  }

  private connect(
    path: string,
    reader: DeltaReader | RowReader,
    live: FeedState,
    until = Number.POSITIVE_INFINITY,
  ): void {
    const connection: Connection = new Connection(path, {
      hear: (event, data) => {
        const { time = 0 } = data as { time?: number };
        this.take(reader, event, data);
        if (event === "heartbeat" && time >= until && connection === this.connection) {
          this.drop();
          this.replay(time);
        }
      },
      change: (state, reason) => {
        // What was let go of has nothing to say any more.
        if (connection === this.connection) {
          this.change(state === "live" ? live : state, reason);
        }
      },
    });
    this.connection = connection;
    connection.open();
  }

  private async stand(time: number): Promise<void> {
    const question = new AbortController();
    this.question = question;
    const { filters, pinned } = this.wanted;
    const query = new Map<string, string>(filters);
    if (pinned !== null && filters.size > 0) {
      query.set("pinned", pinned);
    }
    try {
      const snapshot = await fetchMoment(time, query, ROW_FIELDS, question.signal);
      this.take(new RowReader(this.fleet), "snapshot", snapshot);
      this.change("still", "");
    } catch (error) {
      if (!isAbort(error)) {
        this.change("refused", (error as Error).message);
      }
    }
  }

  private take(reader: DeltaReader | RowReader, event: string, data: unknown): void {
    const { time } = data as { time?: number };
    if (time !== undefined) {
      this.clock.hear(time);
    }
    if (event === "snapshot" || event === "update" || event === "remove") {
      reader.feed(event, data);
    }
    this.listener.hear(event, data);
  }

  private change(state: FeedState, reason: string): void {
    this.state = state;
    this.reason = reason;
    this.listener.change(state, reason);
  }
}
