/** Counts the windows of this browser that have a stream open: over HTTP/1.1 there is a limit. */

/**
 * Browsers open at most 6 connections to a server over HTTP/1.1, for all windows together. A stream
 * takes one for good, and one must be left for tracks, flights and snapshots of the past.
 */
export const MAX_STREAMS = 5;
/** The time in which the other windows answer, busy ones too. */
const ANSWER_MS = 1_000;
const CHANNEL = "streams";

interface Message {
  /** Identifies the question. */
  question: string;
  isAnswer: boolean;
}

export class StreamWindows {
  /** Whether this window has a stream open. */
  isStreaming = false;
  private readonly channel = new BroadcastChannel(CHANNEL);
  private question = "";
  private answers = 0;

  constructor() {
    this.channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.isAnswer) {
        this.answers += data.question === this.question ? 1 : 0;
      } else if (this.isStreaming) {
        this.post({ question: data.question, isAnswer: true });
      }
    });
  }

  /** Returns whether so many other windows have a stream that this one should not keep its own. */
  async areTooMany(): Promise<boolean> {
    if (!isLimited()) {
      return false;
    }
    this.question = String(Math.random());
    this.answers = 0;
    this.post({ question: this.question, isAnswer: false });
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    return this.answers >= MAX_STREAMS;
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
