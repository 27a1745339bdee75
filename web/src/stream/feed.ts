/** Fills the fleet with what is requested: live data, a snapshot at a past time, or a replay. */

import type { Playback } from "../core/playback.ts";
import { fetchSnapshot, isAbort } from "../history/history-client.ts";
import { Clock, steadyTime } from "./clock.ts";
import { Connection, type ConnectionListener, type ConnectionState } from "./connection.ts";
import { DeltaReader } from "./delta-reader.ts";
import type { Fleet } from "./fleet.ts";
import { LineDelay } from "./line-delay.ts";
import { liveRequest, ROW_FIELDS, replayPath, type StreamQuery } from "./query.ts";
import { RowReader } from "./row-reader.ts";
import type { StreamWindows } from "./stream-windows.ts";

/** `replay` plays the past; `still` shows the past without moving. */
export type FeedState = ConnectionState | "replay" | "still";

export interface FeedListener {
  /** Called for every event, after it was applied to the fleet. */
  onEvent(event: string, data: unknown): void;
  /** Called whenever the state changes, with a reason for the user; empty if there is none. */
  onState(state: FeedState, reason: string): void;
  /** Called when a replay has caught up with live data. */
  onCaughtUp(): void;
  /** Called for every live event, and when none came, with whether the connection is too slow. */
  onLine(isSlow: boolean): void;
}

/** One request of a replay covers this much of the past; the next one continues it. */
const LONGEST_REPLAY_S = 86_400;
/** The default of `sse.heartbeat_seconds`, until the server has stated its interval. */
const HEARTBEAT_S = 15;
const SLOW = "slow connection";
const SAVING = "slow connection, only aircraft in view";
/** The bounds of a stated interval; the server's own upper bound is the same. */
const [SHORTEST_HEARTBEAT_S, LONGEST_HEARTBEAT_S] = [1, 300];
/** A replay that is closer than this to live has caught up. */
const CAUGHT_UP_S = 30;

export class Feed {
  private clock = new Clock();
  private readonly liveClock = new Clock();
  private readonly fleet: Fleet;
  private readonly listener: FeedListener;
  private readonly windows: StreamWindows | null;
  private heartbeatS = HEARTBEAT_S;
  private state: FeedState = "paused";
  private query: StreamQuery = {
    filters: new Map(),
    pinned: null,
    playback: null,
    saving: null,
  };
  private connection: Connection | null = null;
  private snapshotRequest: AbortController | null = null;

  /** @param windows The windows of this browser; null if their number does not matter. */
  constructor(fleet: Fleet, listener: FeedListener, windows: StreamWindows | null = null) {
    this.fleet = fleet;
    this.listener = listener;
    this.windows = windows;
  }

  /** Returns the time that the fleet shows, in Unix seconds. */
  now(): number {
    return this.clock.now();
  }

  /** Returns the time of the server in Unix seconds, whatever the fleet shows. */
  newest(): number {
    return this.liveClock.now();
  }

  /** Adjusts the server's time by a response outside the stream, in Unix seconds; NaN is ignored. */
  adjustServerTime(time: number): void {
    // While the live stream is open, its own events are more accurate.
    if (this.clock !== this.liveClock && !Number.isNaN(time)) {
      this.liveClock.adjust(time);
    }
  }

  /** Sets the server's heartbeat interval in seconds, as it states it; undefined by an older server. */
  setHeartbeat(seconds = HEARTBEAT_S): void {
    this.heartbeatS = Math.min(Math.max(seconds, SHORTEST_HEARTBEAT_S), LONGEST_HEARTBEAT_S);
  }

  /** The requested playback, at the time that a replay has reached; null is live. */
  get playback(): Playback | null {
    const { playback } = this.query;
    const isMoving = playback !== null && playback.speed > 0 && this.clock.isSet;
    return isMoving ? { ...playback, time: Math.floor(this.now()) } : playback;
  }

  /** Requests something else; the fleet stays as it is until the first data arrive. */
  request(query: StreamQuery): void {
    this.query = query;
    this.close();
    const { playback } = query;
    this.clock = playback === null ? this.liveClock : new Clock(playback.speed);
    if (playback === null) {
      const { path, format } = liveRequest(query);
      const Reader = format === "delta" ? DeltaReader : RowReader;
      this.connect(path, new Reader(this.fleet), "live");
    } else if (playback.speed === 0) {
      void this.showSnapshot(playback.time);
    } else {
      this.replay(playback.time);
    }
  }

  /** Closes the stream while the page is hidden. */
  pause(): void {
    this.query = { ...this.query, playback: this.playback };
    this.connection?.pause();
  }

  /** Continues after a pause, where the stream or the replay was interrupted. */
  resume(): void {
    if (this.state !== "paused") {
      return;
    }
    if (this.query.playback === null) {
      this.connection?.open();
    } else {
      this.request(this.query);
    }
  }

  private close(): void {
    this.snapshotRequest?.abort();
    this.snapshotRequest = null;
    const { connection } = this;
    this.connection = null;
    connection?.pause();
  }

  private replay(from: number): void {
    const to = Math.min(from + LONGEST_REPLAY_S, Math.floor(this.newest()) - 1);
    if (to - from < CAUGHT_UP_S) {
      this.listener.onCaughtUp();
      return;
    }
    const { filters, pinned, playback } = this.query;
    const path = replayPath(filters, pinned, { from, to, speed: playback?.speed ?? 1 });
    this.connect(path, new RowReader(this.fleet), "replay", to);
  }

  /** @param until The Unix seconds at which a replay's request ends and the next one is due. */
  private connect(
    path: string,
    reader: DeltaReader | RowReader,
    liveState: FeedState,
    until = Number.POSITIVE_INFINITY,
  ): void {
    let line = new LineDelay();
    let isSlow = false;
    const listener: ConnectionListener = {
      onEvent: (event, data) => {
        const { time = 0 } = data as { time?: number };
        this.apply(reader, event, data);
        const wasSlow = isSlow;
        // A replay is sent at its own speed.
        const isTimed = liveState === "live" && time > 0;
        isSlow = isTimed && line.onEvent(time, steadyTime());
        if (isSlow !== wasSlow) {
          this.setState(liveState, this.reasonFor(isSlow));
        }
        if (isTimed) {
          this.listener.onLine(isSlow);
        }
        if (event === "heartbeat" && time >= until && connection === this.connection) {
          this.close();
          this.replay(time);
        }
      },
      onState: (state, reason) => {
        // The state of a connection that was replaced is of no interest.
        if (connection === this.connection) {
          const isFine = state === "live" && reason === "";
          this.setState(
            state === "live" ? liveState : state,
            isFine ? this.reasonFor(isSlow) : reason,
          );
        }
        if (state !== "live") {
          line = new LineDelay();
          isSlow = false;
        }
      },
      onTooSlow: () => {
        if (liveState === "live" && connection === this.connection) {
          this.listener.onLine(true);
        }
      },
    };
    const heartbeatMs = () => this.heartbeatS * 1_000;
    // A replay begins where this tab wants it to.
    const isShared = liveState === "live";
    const connection = new Connection(path, listener, heartbeatMs, this.windows, isShared);
    this.connection = connection;
    connection.open();
  }

  private async showSnapshot(time: number): Promise<void> {
    const abort = new AbortController();
    this.snapshotRequest = abort;
    const { filters, pinned } = this.query;
    const query = new Map<string, string>(filters);
    if (pinned !== null && filters.size > 0) {
      query.set("pinned", pinned);
    }
    try {
      const snapshot = await fetchSnapshot(time, query, ROW_FIELDS, abort.signal);
      this.apply(new RowReader(this.fleet), "snapshot", snapshot);
      this.setState("still", "");
    } catch (error) {
      if (!isAbort(error)) {
        this.setState("refused", (error as Error).message);
      }
    }
  }

  private apply(reader: DeltaReader | RowReader, event: string, data: unknown): void {
    const { time } = data as { time?: number };
    if (time !== undefined) {
      this.clock.adjust(time);
    }
    if (event === "snapshot" || event === "update" || event === "remove") {
      reader.apply(event, data);
    }
    this.listener.onEvent(event, data);
  }

  private reasonFor(isSlow: boolean): string {
    const { playback, saving } = this.query;
    if (playback === null && saving !== null && saving.bbox !== null) {
      return SAVING;
    }
    return isSlow ? SLOW : "";
  }

  private setState(state: FeedState, reason: string): void {
    this.state = state;
    this.listener.onState(state, reason);
  }
}
