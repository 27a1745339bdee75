/** One HTTP request for a stream: its text until it ends, or the reason why there is none. */

import { RefusedError } from "./events.ts";

/** The request failed, and may succeed later. */
export class RetryLaterError extends Error {
  /** The milliseconds that the server states (Retry-After); 0 if it does not. */
  readonly atLeastMs: number;

  constructor(reason: string, atLeastMs = 0) {
    super(reason);
    this.atLeastMs = atLeastMs;
  }
}

/** These statuses below 500 pass by themselves: a timeout, a bound on requests or streams. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
const NO_MORE = 204;
const MAX_REASON_LENGTH = 500;

export interface Request {
  url: URL;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** Milliseconds without a byte after which the connection counts as dead. */
  silenceMs: number;
  fetch: typeof fetch;
}

/**
 * Yields the text of the stream as it arrives; it ends when the server ends the response.
 *
 * @returns Whether the stream is over for good: a replay that has reached its end.
 * @throws RefusedError if another attempt would be refused as well.
 * @throws RetryLaterError if the server is overloaded or silent, or the connection fails.
 */
export async function* readText(request: Request): AsyncGenerator<string, boolean> {
  const attempt = new AbortController();
  const signal = AbortSignal.any([request.signal, attempt.signal]);
  const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
    const timer = setTimeout(() => attempt.abort(), request.silenceMs);
    try {
      return await work;
    } catch (error) {
      throw attempt.signal.aborted
        ? new RetryLaterError(`no data for ${request.silenceMs / 1_000} s`)
        : new RetryLaterError((error as Error).message);
    } finally {
      clearTimeout(timer);
    }
  };
  const { url, headers } = request;
  try {
    const answer = request.fetch(url, { headers, signal, cache: "no-store" });
    const response = await inTime(answer.catch((error: Error) => rejectWithRemedy(error, url)));
    if (response.status === NO_MORE) {
      return true;
    }
    await checkResponse(response);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) {
        return false;
      }
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    attempt.abort();
  }
}

/** A browser does not say whether the server is away or refuses the origin of the page. */
function rejectWithRemedy(error: Error, url: URL): never {
  const { origin } = globalThis.location ?? url;
  throw origin === url.origin
    ? error
    : new Error(
        `${error.message}: the server is away, or its sse.allowed_origins does not name ${origin}`,
      );
}

async function checkResponse(response: Response): Promise<void> {
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "";
  if (status === 200 && type.startsWith("text/event-stream")) {
    return;
  }
  if (status === 200) {
    throw new RefusedError(`${response.url} is no stream: its content type is ${type}`, status);
  }
  const reason = await reasonOf(response);
  if (status >= 500 || PASSING.has(status)) {
    const seconds = Number(headers.get("retry-after") ?? 0);
    throw new RetryLaterError(reason, Number.isFinite(seconds) ? seconds * 1_000 : 0);
  }
  throw new RefusedError(reason, status);
}

/** Returns the server's own words where it has some. */
async function reasonOf(response: Response): Promise<string> {
  const part = await response.body?.getReader().read();
  const text = new TextDecoder().decode(part?.value);
  let detail = text;
  try {
    const parsed = (JSON.parse(text) as { detail?: unknown }).detail;
    detail = typeof parsed === "string" ? parsed : JSON.stringify(parsed ?? text);
  } catch {
    // No JSON: a proxy's words.
  }
  return `${response.status}: ${detail.slice(0, MAX_REASON_LENGTH)}`;
}
