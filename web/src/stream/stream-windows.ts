/** Counts the streams that the windows of this browser have open: over HTTP/1.1 there is a limit. */

/**
 * Browsers open at most 6 connections to a server over HTTP/1.1, for all windows together. A stream
 * takes one for good, and one must be left for tracks, flights and snapshots of the past.
 */
export const MAX_STREAMS = 5;
/** The time in which the other windows answer, busy ones too. */
const ANSWER_MS = 1_000;
const CHANNEL = "stream-names";

interface Message {
  /** Identifies the question. */
  question: string;
  /** The name of the stream that the answering window has open; null is a question. */
  stream: string | null;
}

export class StreamWindows {
  /** The name of the stream that this window has open, equal if windows share it; null for none. */
  stream: string | null = null;
  private readonly channel = new BroadcastChannel(CHANNEL);
  private question = "";
  private readonly others = new Set<string>();

  constructor() {
    this.channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.stream === null) {
        this.answer(data.question);
      } else if (data.question === this.question && data.stream !== this.stream) {
        this.others.add(data.stream);
      }
    });
  }

  /** Returns whether other windows have so many streams that this one should not keep its own. */
  async areTooMany(): Promise<boolean> {
    if (!isLimited()) {
      return false;
    }
    this.question = String(Math.random());
    this.others.clear();
    this.post({ question: this.question, stream: null });
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return this.others.size >= MAX_STREAMS;
  }

  private answer(question: string): void {
    if (this.stream !== null) {
      this.post({ question, stream: this.stream });
    }
  }

  private post(message: Message): void {
    this.channel.postMessage(message);
  }
}

/** Whether the page came over a protocol in which each request needs a connection of its own. */
function isLimited(): boolean {
  const [navigation] = performance.getEntriesByType("navigation");
  return (navigation as PerformanceNavigationTiming | undefined)?.nextHopProtocol === "http/1.1";
}
