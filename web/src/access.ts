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

/** Asks the server as `fetch` does, with the proof. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  const key = proof();
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
  return await fetch(url, { ...init, headers });
}

/**
 * Changes the proof for a ticket, which opens one stream: an EventSource can send no header.
 *
 * Rejects with a `RefusedError` in the server's words, or with `fetch`'s own error.
 */
export async function fetchTicket(): Promise<string> {
  const answer = await ask("/sse/ticket", { method: "POST" });
  const body = (await answer.json()) as { ticket?: string; reason?: string };
  if (body.ticket === undefined) {
    throw new RefusedError(body.reason ?? `the server answered with status ${answer.status}`);
  }
  return body.ticket;
}
