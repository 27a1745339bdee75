/** Proves who looks, where the server wants to know: by an API key or a token, kept for this tab. */

const KEPT_AS = "flight-monitor-key";

/** The server does not take the proof: asking again would not help. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** Gives what proves who looks; null where nobody has said. */
export function proof(): string | null {
  return sessionStorage.getItem(KEPT_AS);
}

export function keepProof(key: string): void {
  sessionStorage.setItem(KEPT_AS, key);
}

const OVERLOADED = 429;
const SERVER_ERROR = 500;

/** Asks the server as `fetch` does, with the proof. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const key = proof();
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
  return await fetch(url, { ...init, headers });
}

/**
 * Changes the proof for a ticket, which opens one stream: an EventSource can send no header.
 *
 * Rejects with a `RefusedError` in the server's words; with another error, as `fetch` does, if the
 * server may give a ticket a little later.
 */
export async function fetchTicket(): Promise<string> {
  const answer = await ask("/sse/ticket", { method: "POST" });
  const body = (await answer.json()) as { ticket?: string; reason?: string };
  if (body.ticket === undefined) {
    const reason = body.reason ?? `the server answered with status ${answer.status}`;
    if (answer.status === OVERLOADED || answer.status >= SERVER_ERROR) {
      throw new Error(reason);
    }
    throw new RefusedError(reason);
  }
  return body.ticket;
}
