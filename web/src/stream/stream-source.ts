/** Opens a stream: shared with the other tabs of the browser where that is possible, or its own. */

import { accessKey } from "../core/access.ts";
import type { Join, Notice, Reply } from "./shared-streams.ts";

/** What a connection uses of an EventSource. */
export interface StreamSource extends EventTarget {
  /** As of an EventSource. */
  readonly readyState: number;
  close(): void;
}

/** The time in which the shared worker answers, also where its script takes long to load. */
const ANSWER_MS = 10_000;
const [CONNECTING, OPEN, CLOSED] = [0, 1, 2];

/** Whether the shared worker has failed to answer: its script could not be loaded or run. */
let isWorkerBroken = false;

/** Whether tabs can share streams; Chrome for Android has no shared workers. */
export function canShare(): boolean {
  return typeof SharedWorker !== "undefined" && !isWorkerBroken;
}

/**
 * Opens a stream.
 *
 * @param group Equal for tabs that may share the stream, if their keys are equal too; null for a stream
 *   that begins with this tab, as a replay.
 */
export function openStream(url: URL, group: string | null): StreamSource {
  return group !== null && canShare()
    ? new SharedSource({ group: `${accessKey() ?? ""} ${group}`, url: url.href })
    : new EventSource(url);
}

/** A stream of the shared worker, with the events of an EventSource. */
class SharedSource extends EventTarget implements StreamSource {
  readyState = CONNECTING;
  private readonly port: MessagePort;
  private readonly answerTimer = setTimeout(() => this.giveUp(), ANSWER_MS);

  constructor(join: Join) {
    super();
    const worker = new SharedWorker(new URL("./shared-streams-worker.ts", import.meta.url), {
      type: "module",
    });
    worker.addEventListener("error", () => this.giveUp());
    this.port = worker.port;
    this.port.addEventListener("message", ({ data }) => this.onNotice(data as Notice));
    this.port.start();
    this.port.postMessage(join);
  }

  close(): void {
    clearTimeout(this.answerTimer);
    this.readyState = CLOSED;
    this.reply("leave");
    this.port.close();
  }

  private onNotice(notice: Notice): void {
    if (this.readyState === CLOSED) {
      return;
    }
    clearTimeout(this.answerTimer);
    if (notice.kind === "joined") {
      this.readyState = notice.readyState;
      return;
    }
    this.reply("taken");
    if (notice.kind === "open") {
      this.readyState = OPEN;
      this.dispatchEvent(new Event("open"));
    } else if (notice.kind === "failure") {
      this.readyState = notice.readyState;
      this.dispatchEvent(new Event("error"));
    } else if (notice.kind === "event") {
      const { event, data, lastEventId } = notice;
      this.dispatchEvent(new MessageEvent(event, { data, lastEventId }));
    }
  }

  /** Lets this stream fail; the next one of this tab is its own. */
  private giveUp(): void {
    if (this.readyState !== CLOSED) {
      clearTimeout(this.answerTimer);
      isWorkerBroken = true;
      this.readyState = CLOSED;
      this.dispatchEvent(new Event("error"));
    }
  }

  private reply(reply: Reply): void {
    this.port.postMessage(reply);
  }
}
